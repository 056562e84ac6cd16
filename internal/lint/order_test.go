package lint

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestPackagesImportOnlyThoseAbove holds the table of packages in docs/architecture.md: a package belongs to the row that names it, or the nearest
// folder around it, and imports nothing from rows below.
func TestPackagesImportOnlyThoseAbove(t *testing.T) {
	rows := tableOfPackages(t)
	row := func(of string) int {
		for ; of != "."; of = path.Dir(of) {
			if n, ok := rows[of]; ok {
				return n
			}
		}
		return 0
	}
	for _, p := range packages(t) {
		from, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue
		}
		if row(from) == 0 {
			t.Errorf("docs/architecture.md does not name %s: give it a row among the packages, below what it imports", from)
		}
		for _, imp := range p.Imports {
			if to, ours := strings.CutPrefix(imp, module+"/"); ours && row(to) > row(from) {
				t.Errorf("%s imports %s, which stands below it in docs/architecture.md: cut it otherwise, or move one of the rows", from, to)
			}
		}
	}
}

// tableOfPackages says which row of the table names a package.
func tableOfPackages(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Packages\n")
	table, _, _ = strings.Cut(table, "\n## ")
	quoted := regexp.MustCompile("`([a-z0-9/]+)`")
	rows, n := map[string]int{}, 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || !quoted.MatchString(cells[1]) {
			continue
		}
		n++
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			rows[m[1]] = n
		}
	}
	if n < 40 {
		t.Fatalf("docs/architecture.md has %d rows of packages: the table is not found", n)
	}
	for name := range rows {
		if _, err := os.Stat("../../" + name); err != nil {
			t.Errorf("docs/architecture.md names the package %s, which is not there", name)
		}
	}
	return rows
}
