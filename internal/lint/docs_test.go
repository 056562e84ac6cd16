package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryDecisionIsListed: docs/decisions/README.md has each page with its title.
func TestEveryDecisionIsListed(t *testing.T) {
	list, err := os.ReadFile("../../docs/decisions/README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../../docs/decisions/2*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no pages: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n")
		if want := "[" + title + "](" + filepath.Base(page) + ")"; !strings.Contains(string(list), want) {
			t.Errorf("docs/decisions/README.md does not list %s", want)
		}
	}
}

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
