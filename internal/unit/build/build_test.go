package build

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

const square = `package main

import host__ "github.com/gocluster/gocluster/internal/unit/worker"
import reflect__ "reflect"

func run__(c__ *host__.Call) error {
	in0__ := c__.In[0].([]int)
	out0__ := c__.Out[0].([]int)
	for ; c__.At < c__.To; c__.At++ {
		out0__[c__.At] = in0__[c__.At] * in0__[c__.At]
	}
	return nil
}

func main() {
	host__.Main(&host__.Program{
		Name: "square",
		Params: []reflect__.Type{reflect__.TypeFor[int]()},
		Results: []reflect__.Type{reflect__.TypeFor[int]()},
		Run: run__,
	})
}
`

func TestProgramsAreBuiltOnce(t *testing.T) {
	cache := t.TempDir()
	u := &unit.Unit{Name: "square", Main: square}
	first := New(Options{Cache: cache})
	if _, ok := first.Cached(u, Here()); ok {
		t.Fatal("it is there before it was built")
	}
	made, err := first.Build(t.Context(), u, Here())
	if err != nil {
		t.Fatal(err)
	}
	if proto.HashOf(made.Data) != made.Hash {
		t.Error("its name is not its hash")
	}
	other := New(Options{Cache: cache}) // another session
	if o, ok := other.Cached(u, Here()); !ok || o.Hash != made.Hash {
		t.Error("another session builds it again")
	}
	file := first.file(first.key(square, Here()))
	if err := os.WriteFile(file, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	third := New(Options{Cache: cache})
	if _, ok := third.Cached(u, Here()); ok {
		t.Error("a damaged program is used")
	}
	if again, err := third.Build(t.Context(), u, Here()); err != nil || again.Hash != made.Hash {
		t.Errorf("built again: %v", err)
	}
}

// TestProgramsAreForTheirPlatform builds for other platforms than this one.
func TestProgramsAreForTheirPlatform(t *testing.T) {
	b := New(Options{Cache: t.TempDir()})
	u := &unit.Unit{Name: "square", Main: square}
	for platform, want := range map[string]elf.Machine{"linux/amd64": elf.EM_X86_64, "linux/arm64": elf.EM_AARCH64} {
		o, err := b.Build(t.Context(), u, platform)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(o.Data))
		if err != nil {
			t.Fatal(err)
		}
		if f.Machine != want {
			t.Errorf("for %s it is for %v", platform, f.Machine)
		}
		if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 {
			t.Errorf("for %s it needs %q, %v", platform, libs, err)
		}
	}
	if _, err := b.Build(t.Context(), u, "plan9/riscv64"); err == nil || !strings.Contains(err.Error(), "plan9/riscv64") {
		t.Errorf("for a platform that there is not: %v", err)
	}
}

func TestProgramsThatWereNotUsedForLongGo(t *testing.T) {
	cache := t.TempDir()
	b := New(Options{Cache: cache, Limit: 1})
	u := &unit.Unit{Name: "square", Main: square}
	if _, err := b.Build(t.Context(), u, Here()); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Cached(u, Here()); !ok {
		t.Error("the session itself has lost it")
	}
	if _, ok := New(Options{Cache: cache}).Cached(u, Here()); ok {
		t.Error("the cache holds more than its limit")
	}
}

func TestWhatCannotBeBuiltSaysWhy(t *testing.T) {
	b := New(Options{Cache: t.TempDir()})
	for _, c := range []struct {
		name string
		unit unit.Unit
		want string
	}{
		{"no program", unit.Unit{NoMain: "it stands in generic code"}, "generic code"},
		{"bad Go", unit.Unit{Main: strings.Replace(square, "*host__.Call", "*host__.Cell", 1)}, "main.go:6:24: undefined: host__.Cell"},
		{"a package of ours", unit.Unit{Main: strings.Replace(square, "package main", "package proto // import \"github.com/gocluster/gocluster/internal/proto\"", 1)}, "internal/proto\" in it already"},
		{"no such package", unit.Unit{Main: strings.Replace(square, `"reflect"`, `"example.org/nowhere"`, 1)}, "example.org/nowhere"},
	} {
		if _, err := b.Build(t.Context(), &c.unit, Here()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	t.Setenv("PATH", "")
	var missing *MissingError
	if _, err := New(Options{Cache: t.TempDir()}).Build(t.Context(), &unit.Unit{Main: square}, Here()); !errors.As(err, &missing) {
		t.Errorf("without a toolchain: got %v, want a MissingError", err)
	}
}
