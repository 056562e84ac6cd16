package magic

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
)

// helper answers questions about Go with the question.
type helper struct{ dir string }

func (h helper) Complete(src string, cursor int) gocode.Completion {
	if i := strings.LastIndexByte(src[:cursor], '"'); i >= 0 {
		text := src[i+1 : cursor]
		return gocode.Completion{Start: i + 1, End: cursor, Text: &text}
	}
	return gocode.Completion{Start: cursor, End: cursor, Items: []gocode.Item{{Text: "go", Signature: fmt.Sprintf("%q", src)}}}
}

func (h helper) Inspect(src string, cursor, level int) (gocode.Info, bool) {
	return gocode.Info{Text: fmt.Sprintf("go %q at %d, level %d", src, cursor, level)}, !strings.Contains(src, "nothing")
}

func (h helper) Dir() string { return h.dir }

func folderOf(t *testing.T, names ...string) string {
	dir := t.TempDir()
	for _, n := range names {
		path := filepath.Join(dir, n)
		if strings.HasSuffix(n, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestComplete(t *testing.T) {
	dir := folderOf(t, "data/", "data/one.csv", "data/two.csv", "draft.go", ".hidden", "with blank.txt", "übung.go")
	if runtime.GOOS != "windows" {
		if err := os.Symlink("data", filepath.Join(dir, "dlink")); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ src, want string }{ // | is the cursor
		{"x|", `go "x"`},
		{"%wh|", `who`},
		{"  %t|", `tier time timeit`},
		{"%%t|", `test time timeit`},
		{"%%wri|", `writefile`},
		{"%clu|", `cluster`},
		{"%cluster st|", `start status stop`},
		{"%px --g|", `--group-outputs`},
		{"%px f(|", `go "    f("`},
		{"%%px\nf(|", `go "    \nf("`},
		{"x\n%lsm|", `lsmagic`},
		{"%time f(|", `go "      f("`},
		{"%time f()\ng(|", `go "      f()\ng("`},
		{"%cd data\ng(|", `go "        \ng("`},
		{"%%time -n 3\ng(|", `go "           \ng("`},
		{"%%bash\nls da|", `data/`},
		{"%%bash\nls data/|", `one.csv two.csv`},
		{"%%writefile dr|\nx", `draft.go`},
		{"%%writefile a\nfoo|", ``},
		{"x := `\n%wh|", "go \"x := `\\n%wh\""},
		{"%cd da|", `data/`},
		{"%load d|", `data/ dlink/ draft.go`},
		{"%load data/t|", `two.csv`},
		{"%load " + dir + "/dr|", `draft.go`},
		{"%load .h|", `.hidden`},
		{"%load ü|", `übung.go`},
		{"%load nowhere/x|", ``},
		{"!ls |", `data/ dlink/ draft.go with blank.txt übung.go`},
		{"!cat data/o|", `one.csv`},
		{"%save -|", `-f`},
		{"%%bench -|", `-n -t`},
		{"%tier in|", `interpreted`},
		{"%tier na| --force", `native`},
		{"%tier native --|", `--force`},
		{"%help tim|", `time timeit`},
		{"%mod s|", `save`},
		{"%mod save dr|", `draft.go`},
		{"%unknown x|", ``},
		{"os.Open(\"da|\")", `data/`},
		{"os.Open(\"data/|\")", `one.csv two.csv`},
		{"%time os.Open(\"dr|", `draft.go`},
	} {
		src, rest, _ := strings.Cut(tt.src, "|")
		if runtime.GOOS == "windows" {
			tt.want = strings.Replace(tt.want, "dlink/ ", "", 1)
		}
		c := Complete(helper{dir}, src+rest, len(src))
		var got []string
		for _, it := range c.Items {
			text := it.Text
			if text == "go" {
				text += " " + strings.Replace(it.Signature, rest+`"`, `"`, 1)
			}
			got = append(got, text)
			if it.Kind == kindPath && !strings.HasPrefix(it.Text, src[c.Start:]) {
				t.Errorf("%q: %q does not replace %q", tt.src, it.Text, src[c.Start:])
			}
		}
		if strings.Join(got, " ") != tt.want || c.End != len(src) {
			t.Errorf("%q: got %q to %d, want %q", tt.src, got, c.End, tt.want)
		}
	}
	Complete(helper{dir}, "%who", -1)
	Complete(helper{dir}, "%who", 99)
}

func TestInspect(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"fmt.Println|", `go "fmt.Println" at 11, level 1`},
		{"%who|", "%who [PREFIX | KIND]"},
		{"%ti|me f", "%time GO"},
		{"%time f|", `go "      f" at 7, level 1`},
		{"%time nothing|", "%time GO"},
		{"%%bash -x|\nls", "%%bash [-OPTIONS]"},
		{"%%time\nf|()", `go "      \nf()" at 8, level 1`},
		{"!ls|", "run a command"},
		{"%nonsense|", ""},
	} {
		src, rest, _ := strings.Cut(tt.src, "|")
		i, ok := Inspect(helper{}, src+rest, len(src), 1)
		if ok != (tt.want != "") || !strings.Contains(i.Text, tt.want) {
			t.Errorf("%q: got %v %q, want %q", tt.src, ok, i.Text, tt.want)
		}
	}
}

func TestEveryMagicCompletesItsArguments(t *testing.T) {
	for name, m := range commands {
		for _, w := range append(flagsOf(m), wordsOf(m)...) {
			if !strings.Contains(m.args, w) {
				t.Errorf("%s: %q is not in %q", name, w, m.args)
			}
		}
	}
}
