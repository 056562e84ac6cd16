package gocode

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/errors.txt anew, with what the installed compiler says")

const corpusFile = "testdata/errors.txt"

// wrong is a cell with an error: what we say of it, and what the compiler says of a program with the same text.
type wrong struct {
	cell, ours, compiler string
	// why says why ours is in other words, where it is.
	why string
}

// TestErrorsAreTheCompilers compares the wording of errors with the Go compiler's, as testdata/errors.txt has them side by side.
func TestErrorsAreTheCompilers(t *testing.T) {
	corpus := readCorpus(t)
	if len(corpus) < 60 {
		t.Errorf("there are only %d cells", len(corpus))
	}
	for i := range corpus {
		w := &corpus[i]
		got := say(t, w.cell)
		if *rewrite {
			w.ours, w.compiler = got, compilerSays(t, w.cell)
		} else if got != w.ours {
			t.Errorf("of\n%swe say\n%swant\n%s", w.cell, got, w.ours)
		}
		if w.why == "" && first(w.ours) != first(w.compiler) {
			t.Errorf("of\n%swe say      %s\nthe compiler %s", w.cell, first(w.ours), first(w.compiler))
		}
	}
	if *rewrite {
		writeCorpus(t, corpus)
	}
}

// spans are columns: the compiler's are those of what it has in hand, ours begin the text that is marked.
var spans = regexp.MustCompile(`^(\d+):\d+(-\d+)?:`)

// first is the first error, with its further lines, without its end and its hint.
func first(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if len(lines) > 0 && !strings.HasPrefix(line, "\t") {
			break
		}
		if !strings.HasPrefix(line, "\thint: ") {
			lines = append(lines, spans.ReplaceAllString(line, "$1:"))
		}
	}
	return strings.Join(lines, "")
}

// say lists what we say of a cell, in a session that has some names.
func say(t *testing.T, cell string) string {
	t.Helper()
	s, l := session(t), newLowered(t)
	if _, err := run(t, s, l, 1, "earlier := 1\ntype Old struct{ Name string }\nfunc half(n int) int { return n / 2 }"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Plan(Cell{N: 2, Name: "In[2]", Source: strings.TrimSuffix(cell, "\n")})
	if err == nil {
		return "nothing\n"
	}
	var b strings.Builder
	for _, d := range *err.(*Diagnostics) {
		at := fmt.Sprintf("%d:%d", d.Position.Line, d.Position.Col)
		if d.EndCol > 0 {
			at += fmt.Sprintf("-%d", d.EndCol)
		}
		fmt.Fprintf(&b, "%s: %s\n", at, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&b, "\thint: %s\n", d.Hint)
		}
	}
	return b.String()
}

// compilerSays builds a program with the cell's text and returns the first error that a cell has, too.
func compilerSays(t *testing.T, cell string) string {
	t.Helper()
	says := goBuild(t, cell, "\n}\n")
	if says == "" || regexp.MustCompile(`^9\d\d:`).MatchString(says) {
		says = goBuild(t, cell, "") // the end of the program is that of the cell
	}
	return says
}

func goBuild(t *testing.T, cell, end string) string {
	t.Helper()
	at := chunk{file: "cell.go", line: 1, col: 1, text: strings.TrimSuffix(cell, "\n")}
	var head, body strings.Builder
	segs, _ := split(at.text)
	for _, g := range segs {
		c := at.sub(g.start, g.end)
		switch {
		case g.kind == segImport, g.kind == segDecl, g.kind == segVar && strings.Contains(cell, "func f() {"):
			fmt.Fprintf(&head, "%s%s\n", c.directive(), c.text)
		default:
			fmt.Fprintf(&body, "%s%s\n", c.directive(), c.text)
		}
	}
	if strings.Contains(cell, "fmt.") && !strings.Contains(cell, `import "fmt"`) {
		head.WriteString("import \"fmt\"\n") // cells import it by use
	}
	text := "package main\n" + head.String() + "\n"
	if !strings.Contains(cell, "func main()") {
		text += "//line main.go:1\nfunc main() {\n" + strings.TrimSuffix(body.String(), "\n") + strings.Replace(end, "\n", "\n//line cell.go:900\n", 1)
	}
	text += "\n//line other.go:1\n" + "var earlier = 1\ntype Old struct{ Name string }\nfunc half(n int) int { return n / 2 }\n"
	if n := len(segs); end == "" && segs[n-1].kind == segDecl {
		text = "package main\n" + strings.TrimSuffix(head.String(), "\n") // no function follows
	} else if end == "" {
		text = strings.TrimSuffix(text[:strings.Index(text, "\n//line other.go:1")], "\n")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-gcflags=-e", "-o", os.DevNull, file)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	return firstOf(string(out))
}

var compilerLine = regexp.MustCompile(`^(?:\S*/)?(cell|other|main)\.go:(\d+:\d+): (.*)$`)

// inStd is where the go command has looked for a package.
var inStd = regexp.MustCompile(` \(\S+/src/\S+\)$`)

// elsewhere is a place in a message.
var elsewhere = regexp.MustCompile(`(?:\S*/)?(cell|other)\.go:(\d+)(?::(\d+))?(?:\[\S*?:(\d+)\])?`)

// places names the places in a message as a session does.
func places(text string) string {
	return elsewhere.ReplaceAllStringFunc(text, func(at string) string {
		m := elsewhere.FindStringSubmatch(at)
		cell := map[string]string{"cell": "In[2]", "other": "In[1]"}[m[1]]
		return cell + ":" + m[2] + ":" + cmp.Or(m[3], m[4])
	})
}

// firstOf picks the first error that cells do not tolerate.
func firstOf(out string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
		m := compilerLine.FindStringSubmatch(line)
		switch {
		case b.Len() > 0 && strings.HasPrefix(line, "\t"):
			b.WriteString(places(line) + "\n")
		case b.Len() > 0 && m != nil:
			return b.String()
		case m == nil || m[1] != "cell" || strings.HasPrefix(m[3], "declared and not used") || strings.HasSuffix(m[3], "imported and not used"):
		default:
			b.WriteString(m[2] + ": " + inStd.ReplaceAllString(places(m[3]), "") + "\n")
		}
	}
	return b.String()
}

func readCorpus(t *testing.T) []wrong {
	t.Helper()
	data, err := os.ReadFile(corpusFile)
	if err != nil {
		t.Fatal(err)
	}
	var out []wrong
	for _, part := range txtar.Parse(data).Files {
		if part.Name == "cell" {
			out = append(out, wrong{})
		}
		w := &out[len(out)-1]
		switch part.Name {
		case "cell":
			w.cell = string(part.Data)
		case "ours":
			w.ours = string(part.Data)
		case "compiler":
			w.compiler = string(part.Data)
		case "why":
			w.why = string(part.Data)
		default:
			t.Fatalf("%s has a section %q", corpusFile, part.Name)
		}
	}
	return out
}

func writeCorpus(t *testing.T, corpus []wrong) {
	t.Helper()
	var b strings.Builder
	b.WriteString("What we say of cells, and what the Go compiler says of programs with the same text: go test ./internal/gocode -run Compilers -rewrite\n\n")
	for _, w := range corpus {
		fmt.Fprintf(&b, "-- cell --\n%s-- ours --\n%s-- compiler --\n%s", w.cell, w.ours, w.compiler)
		if w.why != "" {
			fmt.Fprintf(&b, "-- why --\n%s", w.why)
		}
	}
	if err := os.WriteFile(corpusFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenCellsAreOnlyWrong plans every beginning and every rest of the corpus' cells: whatever is typed, there is an error with a
// place, and no more than that.
func TestBrokenCellsAreOnlyWrong(t *testing.T) {
	s := session(t)
	try := func(src string) {
		_, err := s.Plan(Cell{N: 2, Name: "In[2]", Source: src})
		if err == nil {
			return
		}
		lines := strings.Split(src, "\n")
		for _, d := range *err.(*Diagnostics) {
			p := d.Position
			if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || p.Col > len(lines[p.Line-1])+1 {
				t.Errorf("%q: %v is not in the cell: %s", src, p, d.Message)
			}
		}
	}
	for i, w := range readCorpus(t) {
		src := strings.TrimSuffix(w.cell, "\n")
		for cut := range len(src) {
			if testing.Short() && (cut+i)%7 > 0 {
				continue
			}
			try(src[:cut])
			try(src[cut:])
		}
	}
}
