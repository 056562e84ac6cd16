package unit

import "testing"

func TestQuietUnits(t *testing.T) {
	for _, c := range []struct {
		imports, body string
		quiet         bool
	}{
		{"", "return x", true},
		{`"math"; "sort"; "math/rand/v2"`, "return math.Sqrt(x)", true},
		{`"fmt"`, "return fmt.Sprintf(`%d`, x)", true},
		{`text "fmt"`, "return text.Errorf(`%d`, x)", true},
		{`"bufio"; "io"; "image/png"; "strings"`, "s := bufio.NewScanner(strings.NewReader(x))", true},
		{`"net/http"`, "http.Get(x)", false},
		{`"fmt"`, "fmt.Println(x)", false},
		{`"fmt"`, "f := fmt.Printf; f(`a`)", false},
		{`text "fmt"`, "text.Print(x)", false},
		{`. "fmt"`, "Print(x)", false},
		{`"os"`, "os.Stdout.WriteString(x)", false},
		{`"log"`, "log.Print(x)", false},
		{`"example.org/other"`, "return other.F(x)", false},
		{"", "println(x)", false},
		{"", "return (", false},
	} {
		u := &Unit{Main: "package main\nimport (" + c.imports + ")\nfunc f() any {\n" + c.body + "\n}\n"}
		if u.Quiet() != c.quiet {
			t.Errorf("with %s: %s: quiet is %t", c.imports, c.body, !c.quiet)
		}
	}
	if (&Unit{}).Quiet() {
		t.Error("a unit that is no program is quiet")
	}
}
