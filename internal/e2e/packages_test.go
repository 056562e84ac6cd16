package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/profiles"
)

// packages is a program whose functions are in packages of several paths, with names that are not the last element of these.
const packages = `-- go.work --
go 1.26.0

use (
	./words
	./program
	ROOT
)
-- words/go.mod --
module example.com/go-words/v2

go 1.26
-- words/words.go --
PACKAGE words
-- words/dotted.v3/dotted.go --
PACKAGE dotted
-- program/go.mod --
module example.com/program

go 1.26
-- program/own/own.go --
PACKAGE own
-- program/main.go --
package main

import (
	"errors"
	"fmt"
	"strings"

	"example.com/go-words/v2"
	"example.com/go-words/v2/dotted.v3"
	"example.com/program/own"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/views"
)

// outcomes calls a function for elements, here and on an engine, until it was native there, and says what differs.
func outcomes(view *views.LoadBalancedView, what string, f func(int, any) (any, error), value any) {
	const n = 10
	var local [n]string
	for k := range n {
		local[k] = func() (text string) {
			defer func() {
				if r := recover(); r != nil {
					text = fmt.Sprint("panic: ", r)
				}
			}()
			v, err := f(k, value)
			return fmt.Sprintf("%T %v %v", v, v, err)
		}()
	}
	fmt.Println(what, "here:")
	for _, text := range local {
		fmt.Println("\t" + text)
	}
	values := make([]any, n)
	for i := range values {
		values[i] = value
	}
	many := make([]any, 20_000)
	for i := range many {
		many[i] = value
	}
	seen := map[string]bool{}
	for len(seen) < 2 {
		r := view.Map(f, views.Range(0, n), values, views.ChunkSize(n))
		got, err := r.Get()
		if len(r.Tasks()) == 0 || r.NotCompiled() != "" {
			fmt.Println(err, r.NotCompiled())
			return
		}
		tier := r.Tasks()[0].Tier
		if !seen[tier] {
			var failed *views.MapError
			if !errors.As(err, &failed) {
				fmt.Println("\t" + tier, "differs:", err)
				return
			}
			told := map[int]string{}
			for _, e := range failed.Failed {
				told[e.Index] = "<nil> <nil> " + e.Message
				if errors.Is(e, views.ErrPanic) {
					told[e.Index] = e.Message
					if !strings.Contains(e.Position, what+".go:") {
						fmt.Println("\t" + tier, e.Index, "differs: it is at", e.Position)
					}
				}
			}
			for k := range n {
				text := told[k]
				if text == "" {
					text = fmt.Sprintf("%T %v <nil>", got[k], got[k])
				}
				if text != local[k] {
					fmt.Println("\t" + tier, k, "differs:", text)
				}
			}
		}
		seen[tier] = true
		view.Map(f, views.Range(0, len(many)), many).Get() // which is worth compiling
	}
	fmt.Println("\tthe same on engines")
}

func main() {
	view := client.MustConnect().LoadBalanced().With(views.ShowProgress(nil))
	outcomes(view, "words", words.Various, words.Word("w"))
	outcomes(view, "dotted", dotted.Various, dotted.Word("d"))
	outcomes(view, "own", own.Various, own.Word("o"))
}
`

// vary is what each of the packages consists of.
const vary = `
import (
	"fmt"
	"reflect"
)

type Word string

func (w Word) String() string { return "the word " + string(w) }

type box[T any] struct{ In T }

type secret interface{ hidden() string }

func (w Word) hidden() string { return "hidden " + string(w) }

type wrong struct{ Word }

func (w *wrong) Error() string { return "wrong: " + w.String() }

func Various(k int, v any) (any, error) {
	type local struct{ A int }
	switch k {
	case 0:
		return v, nil
	case 1:
		return fmt.Sprintf("%T %v", v, v), nil
	case 2:
		t := reflect.TypeOf(box[Word]{})
		return []any{t.Name(), t.PkgPath(), t.String(), reflect.TypeOf(v).PkgPath()}, nil
	case 3:
		return box[Word]{v.(Word)}, nil
	case 4:
		return v.(box[Word]), nil
	case 5:
		return nil, fmt.Errorf("so %w", &wrong{v.(Word)})
	case 6:
		panic(fmt.Sprintf("%T %#v", &wrong{"p"}, box[int]{3}))
	case 7:
		s := v.(secret)
		_, other := v.(interface{ hidden() int })
		return fmt.Sprintf("%T %s %v", s, s.hidden(), other), nil
	case 8:
		return func(w Word) any { return []any{&w, map[Word]box[*Word]{w: {}}} }(v.(Word)).([]any)[1], nil
	}
	return fmt.Sprintf("%T", local{1}), nil
}
`

// TestPackagesOfAProgramKeepTheirPaths compares what functions of a program's packages say of their types here and on engines.
func TestPackagesOfAProgramKeepTheirPaths(t *testing.T) {
	text := packages
	for _, name := range []string{"words", "dotted", "own"} {
		text = strings.Replace(text, "PACKAGE "+name, "package "+name+vary, 1)
	}
	out := said(t, text)
	if strings.Count(out, "\tthe same on engines\n") != 3 || strings.Contains(out, "differs") {
		t.Errorf("it says\n%s", out)
	}
}

// said builds the program in the folder "program" of a workspace, and returns what it says beside a cluster of one engine. No unit of it has been
// compiled before.
func said(t *testing.T, archive string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, strings.ReplaceAll(archive, "ROOT", root))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "it", ".")
	build.Dir = filepath.Join(dir, "program")
	build.Env = append(os.Environ(), "GOWORK="+filepath.Join(dir, "go.work"), "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(lab.Patient(t), filepath.Join(dir, "program", "it"))
	cmd.Env = append(os.Environ(), "GOCACHE="+strings.TrimSpace(string(cache)), "XDG_CACHE_HOME="+t.TempDir(), profiles.ConnectionEnv+"="+start(t, 1).ConnectionFile())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// shows is a program whose functions show things, of which one can only be called in the program itself.
const shows = `-- go.work --
go 1.26.0

use (
	./lib
	./program
	ROOT
)
-- lib/go.mod --
module example.com/lib

go 1.26
-- lib/lib.go --
package lib

func Same(x int) int { return x }
-- program/go.mod --
module example.com/program

go 1.26
-- program/main.go --
package main

import (
	"fmt"
	"regexp"

	"example.com/lib"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/display"
	"github.com/gocluster/gocluster/views"
)

type pair struct{ A, B int }

func shows(x int) int {
	fmt.Println("before", x)
	display.Markdown(fmt.Sprintf("**%d**", x))
	display.HTML("<b>bold</b>")
	fmt.Println("between")
	if err := display.Table([]pair{{x, 2}}); err != nil {
		panic(err)
	}
	var area display.Area
	area.Text("working")
	area.Text("done")
	bar := display.NewProgress(2)
	bar.Add(2)
	display.Show(pair{x, 3})
	_, err := display.Input("name? ")
	fmt.Println("after", err)
	return x
}

func itself(x int) int { return shows(lib.Same(x)) }

var changing = regexp.MustCompile("[0-9.]+m?s\\b|[0-9]+/s")

func main() {
	view := client.MustConnect().LoadBalanced()
	first := ""
	look := func(f func(int) int) (tier string) {
		text := ""
		r := view.Map(f, views.Range(0, 2), views.ChunkSize(2), views.Live(func(o views.Output) {
			text += o.Text
			if o.Shown != nil {
				text += fmt.Sprintln(o.Shown.MIME, o.ID != "", o.Update)
			}
		}))
		if _, err := r.Get(); err != nil || r.NotCompiled() != "" {
			panic(fmt.Sprint(err, r.NotCompiled()))
		}
		text = changing.ReplaceAllString(text, "time")
		if first == "" {
			fmt.Println(text)
			first = text
		}
		if text != first {
			fmt.Println("it differs:", text)
		}
		return r.Tasks()[0].Tier
	}
	fmt.Println(look(shows))
	for look(shows) != "native" { // until it is worth compiling, and compiled
	}
	fmt.Println("native")
	fmt.Println(look(itself), "itself")
}
`

// TestFunctionsOfAProgramShowThings compares what a function shows from an engine where it is interpreted, compiled, and in the program itself.
func TestFunctionsOfAProgramShowThings(t *testing.T) {
	out := said(t, shows)
	for _, want := range []string{"map[text/html:<b>bold</b>]", "map[text/plain:done] true true", "after code on an engine cannot ask for input"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not show %q", want)
		}
	}
	if !strings.HasSuffix(out, "interpreted\nnative\nnative itself\n") || strings.Contains(out, "differs") {
		t.Errorf("it says\n%s", out)
	}
}
