package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/profiles"
)

// ships is a program whose functions use a package of another module.
const ships = `-- go.work --
go 1.26.0

use (
	./lib
	./ships
	ROOT
)
-- lib/go.mod --
module example.com/lib

go 1.26
-- lib/lib.go --
package lib

import "fmt"

type Box[T any] struct{ Value T }

func (b Box[T]) String() string { return fmt.Sprintf("<%v>", b.Value) }

func Twice(x int) int { return 2 * x }
-- ships/go.mod --
module example.com/ships

go 1.26
-- ships/other/other.go --
package other

var Level = 1

func Get() int { return Level }
-- ships/shape/shape.go --
package shape

import "example.com/ships/shape/names"

type Square struct{ Side int }

func (s *Square) Area() int { return s.Side * s.Side }

func (s Square) Name() string { return names.Of[s.Side] }

var used int

func Use() { used++ }
-- ships/shape/names/names.go --
package names

var Of = map[int]string{1: "unit", 2: "double"}
-- ships/main.go --
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"example.com/lib"
	"example.com/ships/other"
	"example.com/ships/shape"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/views"
)

type point struct{ X, y int }

var table = build()

func build() map[int]string { return map[int]string{1: "one", 2: "two"} }

var counter int

var factor = flag.Int("factor", 1, "")

var ran = os.Getenv("NOBODY") == ""

func twice(x int) int { return lib.Twice(x) }

func boxed(x int) lib.Box[point] { return lib.Box[point]{Value: point{x, -x}} }

func looked(x int) (string, error) {
	if s, ok := table[lib.Twice(x)/2]; ok && ran {
		return s, nil
	}
	return "", fmt.Errorf("no word for %d", x)
}

func prints(ctx context.Context, x int) bool {
	fmt.Println("at", lib.Twice(x))
	return ctx.Err() == nil
}

func panics(x int) int {
	if lib.Twice(x) == 4 {
		panic("four")
	}
	return x
}

func counts(x int) int { return lib.Twice(x) + counter }

func flagged(x int) int { return lib.Twice(x) * *factor }

func others(x int) int { return lib.Twice(x) + other.Get() }

type tile struct {
	shape.Square
	label string
}

func grows(t tile) tile {
	t.Side++
	return t
}

func tells(t tile) string { return fmt.Sprint(t.label, t.Name(), t.Area()) }

func (t tile) tells() string { return tells(t) }

func main() {
	fmt.Println("main runs")
	flag.Parse()
	counter++
	other.Level = 7
	shape.Use()
	view := client.MustConnect().LoadBalanced()
	say := func(r *views.Result) {
		values, err := r.Get()
		tier := ""
		if tasks := r.Tasks(); len(tasks) > 0 {
			tier = tasks[0].Tier
		}
		fmt.Println(values, err, tier)
		var e *views.ElementError
		if errors.As(err, &e) {
			fmt.Println(e.Position)
		}
		fmt.Print(r.Stdout())
	}
	xs := []int{1, 2, 3}
	say(view.Map(twice, xs))
	say(view.Map(boxed, xs))
	say(view.Map(looked, xs))
	say(view.Map(prints, xs, views.ChunkSize(3)))
	say(view.Map(panics, xs))
	say(view.Map(func(x, y int) int { return lib.Twice(x) + y }, xs, xs))
	k := lib.Twice(5)
	say(view.Map(func(x int) int { return lib.Twice(x) + k }, xs))
	say(view.Map(counts, xs))
	say(view.Map(flagged, xs))
	say(view.Map(others, xs))
	tiles := []tile{{shape.Square{Side: 1}, "a"}, {shape.Square{Side: 2}, "b"}}
	say(view.Map(grows, tiles))
	say(view.Map(tells, tiles))
	say(view.Apply(tiles[0].tells))
}
`

// TestAProgramShipsItself builds a program and runs it on a cluster. Its main function runs once, where it was started.
func TestAProgramShipsItself(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, strings.ReplaceAll(ships, "ROOT", root))
	for _, flags := range [][]string{nil, {"-ldflags=-s -w"}} {
		build := exec.CommandContext(t.Context(), "go", append(append([]string{"build", "-o", "ships"}, flags...), ".")...)
		build.Dir = filepath.Join(dir, "ships")
		build.Env = append(os.Environ(), "GOWORK="+filepath.Join(dir, "go.work"), "GOFLAGS=-buildvcs=false")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		cmd := exec.CommandContext(lab.Patient(t), filepath.Join(dir, "ships", "ships"), "-factor", "3")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), profiles.ConnectionEnv+"="+start(t, 2).ConnectionFile())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		text := string(out)
		for _, want := range []string{
			"main runs\n[2 4 6] <nil> native\n",
			"[<{1 -1}> <{2 -2}> <{3 -3}>] <nil> native\n",
			"[one two <nil>] element 2 (3) on engine ",
			": no word for 3 native",
			"[true true true] <nil> native\nat 2\nat 4\nat 6\n",
			"[1 <nil> 3] element 1 (2) on engine ",
			": panic: four, at ",
			"ships/main.go:48:1 native\n",
			"[3 6 9] <nil> native\n",
			"uses k from around it",
			"counter",
			"factor",
			"package example.com/ships/other of the same module: other.go:5: the package variable Level is changed somewhere",
			"[{{2} a} {{3} b}] <nil> native\n",
			"[aunit1 bdouble4] <nil> native\n",
			"main.tile.tells is a method value",
		} {
			i := strings.Index(text, want)
			if i < 0 {
				t.Fatalf("built with %q, it does not say %q, but\n%s", flags, want, out)
			}
			text = text[i+len(want):]
		}
		if strings.Count(string(out), "main runs") != 1 {
			t.Errorf("main has run on engines:\n%s", out)
		}
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "ships", "main.go"), later, later); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(lab.Patient(t), filepath.Join(dir, "ships", "ships"))
	cmd.Env = append(os.Environ(), profiles.ConnectionEnv+"="+start(t, 1).ConnectionFile())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "has changed since the program was built: build it again") {
		t.Errorf("with newer source: %v\n%s", err, out)
	}
}
