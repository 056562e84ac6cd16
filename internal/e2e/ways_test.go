package e2e

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/gocluster/gocluster/internal/e2e/lab"
)

//go:embed testdata/ways.txt
var ways []byte

// loose are errors that the ways of running put in words of their own; the first group is what they have in common.
var loose = []*regexp.Regexp{
	regexp.MustCompile(`(index out of range|slice bounds out of range|interface conversion)[^\n]*`),
	regexp.MustCompile(`(?:slice bounds out of range|cannot convert slice[^\n]*)()`),
}

// TestThreeWaysAgree runs functions of a notebook, each for many elements that are cases of their own: in the cell, interpreted on an engine, and
// as a program on an engine. Where errors come from is TestTheTiersAgree's.
func TestThreeWaysAgree(t *testing.T) {
	archive := txtar.Parse(ways)
	s := open(t, start(t, 1).ConnectionFile(), t.TempDir())
	n, cases := 1, 0
	cell := func(t *testing.T, src string) string {
		t.Helper()
		n++
		out, err := run(lab.Patient(t), s, n, src)
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		return out
	}
	cell(t, fmt.Sprintf("os.Setenv(\"GOCACHE\", strings.TrimSpace(string(must(exec.Command(\"go\", \"env\", \"GOCACHE\").Output()))))\nos.Setenv(\"XDG_CACHE_HOME\", %q)\nfunc must[T any](v T, err error) T { if err != nil { panic(err) }; return v }", t.TempDir()))
	cell(t, "view := client.MustConnect().LoadBalanced().With(views.ShowProgress(nil))")
	cell(t, helpers)
	cell(t, string(archive.Files[0].Data))
	for _, f := range archive.Files[1:] {
		t.Run(f.Name, func(t *testing.T) {
			count := strings.Count(string(f.Data), "\n\tcase ") + 1
			cases += count
			name := "fn" + f.Name
			cell(t, strings.Replace(string(f.Data), "fn :=", name+" :=", 1))
			interpreted := strings.Split(cell(t, fmt.Sprintf("remote(%s, %d, \"interpreted\")", name, count)), "\x1e")
			native := strings.Split(cell(t, fmt.Sprintf("remote(%s, %d, \"native\")", name, count)), "\x1e")
			local := strings.Split(cell(t, fmt.Sprintf("local(%s, %d)", name, count)), "\x1e") // the last, since it changes what is captured
			if len(local) != count+1 || len(interpreted) != count+1 || len(native) != count+1 {
				t.Fatalf("%d cases have %d, %d and %d outcomes\n%s", count, len(local)-1, len(interpreted)-1, len(native)-1, strings.Join(interpreted, "\n"))
			}
			for k := range count + 1 { // the last is what was printed
				i, c, l := loosened(interpreted[k]), loosened(native[k]), loosened(local[k])
				if i != c {
					t.Errorf("%s %d:\ninterpreted %s\nnative      %s", f.Name, k, i, c)
				}
				if k < count && c != l && f.Name != "prints" {
					t.Errorf("%s %d:\nlocal  %s\nnative %s", f.Name, k, l, c)
				}
			}
		})
	}
	t.Log(cases, "cases")
	if cases < 150 {
		t.Errorf("there are %d cases", cases)
	}
}

func loosened(text string) string {
	for _, re := range loose {
		text = re.ReplaceAllString(text, "$1 ")
	}
	return strings.TrimSpace(strings.ReplaceAll(text, "  ", " "))
}

// helpers run a function for the elements from 0 on, and have the outcomes as one text.
const helpers = `type told string

func (t told) String() string { return string(t) }

func outcome(v any, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("%T %+v", v, v)
}

func one(f any, k int) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint("error: panic: ", r)
		}
	}()
	out := reflect.ValueOf(f).Call([]reflect.Value{reflect.ValueOf(k)})
	var err error
	if len(out) > 1 {
		err, _ = out[1].Interface().(error)
	}
	return outcome(out[0].Interface(), err)
}

func local(f any, n int) told {
	text := ""
	for k := range n {
		text += one(f, k) + "\x1e"
	}
	return told(text)
}

func remote(f any, n int, tier string) told {
	for range 600 {
		r := view.Map(f, views.Range(0, n), views.ChunkSize(n))
		values, err := r.Get()
		if len(r.Tasks()) == 0 {
			panic(err)
		}
		if got := r.Tasks()[0].Tier; got != tier {
			if got == "" {
				panic(err)
			}
			if tier == "interpreted" {
				panic("it is " + got + " at once")
			}
			if why := r.NotCompiled(); why != "" {
				panic(why)
			}
			view.Map(f, make([]int, 10_000), views.ChunkSize(10_000)) // which is worth compiling
			continue
		}
		failed := map[int]string{}
		var some *views.MapError
		if errors.As(err, &some) {
			for _, e := range some.Failed {
				failed[e.Index] = "error: " + e.Message
			}
		} else if err != nil {
			panic(err)
		}
		text := ""
		for k := range n {
			if failed[k] != "" {
				text += failed[k] + "\x1e"
			} else {
				text += outcome(values[k], nil) + "\x1e"
			}
		}
		return told(text + r.Stdout() + "\n" + r.Stderr())
	}
	panic("it was never compiled")
}`
