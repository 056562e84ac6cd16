package kernel

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/kernel/magic"
)

func withoutColours(lines []string) string {
	return regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(strings.Join(lines, "\n"), "")
}

func TestTracebacks(t *testing.T) {
	k := &kernel{sources: map[string]string{
		"In[1]": "func f(n int) int {\n\treturn 10 / n\n}",
		"In[4]": "x\n%who",
		"In[3]": "import \"fmt\"\nfmt.Println(undefinedName)",
	}}
	for _, tt := range []struct {
		name  string
		err   error
		ename string
		want  string
	}{
		{"a compile error", &session.CellError{EName: "CompileError", Message: "undefined: undefinedName",
			Positions: []unit.Position{{File: "In[3]", Line: 2, Col: 13}}, Extra: []string{"hint: did you mean undefinedVal?"}}, "CompileError",
			`CompileError: undefined: undefinedName
Cell In[3], line 2, column 13
      1 | import "fmt"
-->   2 | fmt.Println(undefinedName)
        |             ^
hint: did you mean undefinedVal?`},
		{"a magic among Go", &session.CellError{EName: "CompileError", Message: "syntax error", Positions: []unit.Position{{File: "In[4]", Line: 2, Col: 1}}}, "CompileError",
			"CompileError: syntax error\nCell In[4], line 2, column 1\n      1 | x\n-->   2 | %who\n        | ^\nhint: magics stand before the cell's Go, each on a line of its own"},
		{"two compile errors", &session.CellError{EName: "CompileError", Message: "undefined: f",
			Positions: []unit.Position{{File: "In[2]", Line: 2, Col: 1}, {File: "In[2]", Line: 5, Col: 3}},
			Extra:     []string{"hint: write it", "In[2]:5:3: undefined: g", "hint: that too"}}, "CompileError",
			`CompileError: undefined: f
Cell In[2], line 2, column 1
hint: write it
undefined: g
Cell In[2], line 5, column 3
hint: that too`},
		{"a panic through two cells", &session.CellError{EName: "panic", Message: "integer divide by zero",
			Positions: []unit.Position{{File: "In[1]", Line: 2}, {File: "In[2]", Line: 7}}}, "panic",
			`panic: integer divide by zero
Cell In[1], line 2
      1 | func f(n int) int {
-->   2 | 	return 10 / n
      3 | }
Cell In[2], line 7`},
		{"a column after a tab", &session.CellError{EName: "E", Message: "m", Positions: []unit.Position{{File: "In[1]", Line: 2, Col: 9}}}, "E",
			"E: m\nCell In[1], line 2, column 9\n      1 | func f(n int) int {\n-->   2 | \treturn 10 / n\n        | \t       ^\n      3 | }"},
		{"columns that do not exist", &session.CellError{EName: "E", Message: "m", Positions: []unit.Position{{File: "In[1]", Line: 3, Col: 99}, {File: "In[1]", Line: 99}}}, "E",
			"E: m\nCell In[1], line 3, column 99\n      1 | func f(n int) int {\n      2 | \treturn 10 / n\n-->   3 | }\n        |  ^\nCell In[1], line 99"},
		{"a deep recursion", &session.CellError{EName: "E", Message: "m", Positions: make([]unit.Position, 100)}, "E",
			"E: m" + strings.Repeat("\n, line 0", maxPlaces) + "\n... and 92 more"},
		{"a file", &session.CellError{EName: "E", Message: "m", Positions: []unit.Position{{File: "lib.go", Line: 1}}}, "E", "E: m\nlib.go, line 1"},
		{"a wrong magic", &magic.Error{Message: "unknown"}, "UsageError", "UsageError: unknown"},
		{"an interrupt", context.Canceled, "KeyboardInterrupt", "KeyboardInterrupt: interrupted"},
		{"anything else", errors.New("oh"), "Error", "Error: oh"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := k.describe(tt.err)
			if got.EName != tt.ename {
				t.Errorf("ename is %s, want %s", got.EName, tt.ename)
			}
			if text := withoutColours(got.Traceback); text != tt.want {
				t.Errorf("got\n%s\nwant\n%s", text, tt.want)
			}
		})
	}
}
