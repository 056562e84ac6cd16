package lint

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheTableOfTestsIsRight: every test that docs/tests.md names is there, in the package that it names.
func TestTheTableOfTestsIsRight(t *testing.T) {
	text, err := os.ReadFile("../../docs/tests.md")
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile("`((?:internal|client|controller|engine|kernel|profiles|views)[a-z0-9/]*)`|\\b(Test\\w+)(?:/(\\w+))?")
	dir, named := "", 0
	for _, m := range token.FindAllStringSubmatch(string(text), -1) {
		if m[1] != "" {
			dir = m[1]
			continue
		}
		named++
		if !hasTest(t, dir, m[2], m[3]) {
			t.Errorf("docs/tests.md names %s in %s, which has no such test", m[0], dir)
		}
	}
	if named < 15 {
		t.Errorf("docs/tests.md names %d tests: the table is not found", named)
	}
}

// hasTest reports whether a package has a test, and in it one whose name begins with part.
func hasTest(t *testing.T, dir, name, part string) bool {
	t.Helper()
	entries, err := os.ReadDir("../../" + dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		src, err := os.ReadFile("../../" + dir + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(src), "\nfunc "+name+"(t *testing.T)") && (part == "" || strings.Contains(string(src), `t.Run("`+part+" ")) {
			return true
		}
	}
	return false
}
