package native_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/native/load"
)

// script writes a command.
func script(t *testing.T, dir, name, text string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the test is made of shell scripts")
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	need(t)
	gocmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	old, broken, only, empty := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	script(t, old, "go", `echo '{"GOVERSION": "go1.25.3", "GOTOOLCHAIN": "local"}'`)
	script(t, broken, "go", `echo "go: cannot find GOROOT" >&2; exit 2`)
	script(t, only, "go", fmt.Sprintf("exec %s \"$@\"", gocmd))
	for name, c := range map[string]struct {
		env  []string
		want []string
	}{
		"no toolchain":      {[]string{"PATH=" + empty, "GOROOT="}, []string{"no Go toolchain found", "install " + runtime.Version()}},
		"another version":   {[]string{"PATH=" + old}, []string{"another Go toolchain", "is go1.25.3", "was built by " + runtime.Version(), "build the executable again with go1.25.3"}},
		"a broken one":      {[]string{"PATH=" + broken}, []string{"the go command does not work", "cannot find GOROOT"}},
		"no C compiler":     {[]string{"PATH=" + only, "CC=gcc"}, []string{"no C compiler found", "gcc is not on the PATH", "apt install gcc"}},
		"another one":       {[]string{"CC=nosuchcc -O2"}, []string{"nosuchcc is not on the PATH"}},
		"an unusable cache": {[]string{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := native.Options{Cache: cache, Env: c.env}
			if c.want == nil {
				o.Cache = filepath.Join(gocmd, "cache")
				c.want = []string{"the cache directory cannot be used"}
			}
			k, err := native.Find(t.Context(), o)
			if err == nil {
				err = k.Warm(t.Context(), nil)
			}
			var missing *native.MissingError
			if !errors.As(err, &missing) {
				t.Fatalf("the error is %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
		})
	}
}

// TestBrokenCCompiler: it is there, but makes no libraries.
func TestBrokenCCompiler(t *testing.T) {
	need(t)
	dir := t.TempDir()
	script(t, dir, "mycc", `case "$*" in *x.c*) echo "mycc: stdlib.h: no such file" >&2; exit 1;; esac; exec gcc "$@"`)
	k, err := native.Find(t.Context(), native.Options{Cache: filepath.Join(t.TempDir(), "cache"), Env: []string{"CC=" + filepath.Join(dir, "mycc")}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	err = k.Warm(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "the C compiler does not work (mycc: stdlib.h: no such file)") {
		t.Errorf("the error is %v", err)
	}
}

func TestWarmCanBeCancelled(t *testing.T) {
	need(t)
	dir := t.TempDir()
	gocmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	// A go command that hangs when asked to compile, and says so.
	started := filepath.Join(dir, "started")
	script(t, dir, "go", fmt.Sprintf(`case "$1" in env) exec %s "$@";; esac; mkfifo %s.fifo; : >%s; exec cat %s.fifo`, gocmd, started, started, started))
	k, err := native.Find(t.Context(), native.Options{Cache: filepath.Join(t.TempDir(), "cache"),
		Env: []string{"PATH=" + dir + string(filepath.ListSeparator) + os.Getenv("PATH")}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	err = k.Warm(ctx, func(string) { cancel(stop) })
	if !errors.Is(err, stop) {
		t.Errorf("the error is %v", err)
	}
	if k.Ready() {
		t.Error("it is ready all the same")
	}
}

func TestWarmInTwoProcesses(t *testing.T) {
	need(t)
	dir := filepath.Join(t.TempDir(), "cache")
	done := make(chan error, 2)
	for range 2 {
		go func() {
			k, err := native.Find(t.Context(), native.Options{Cache: dir})
			if err == nil {
				err = errors.Join(k.Warm(t.Context(), nil), k.Close())
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	k, err := native.Find(t.Context(), native.Options{Cache: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if !k.Ready() {
		t.Error("a third one is not ready at once")
	}
}

// TestUsersSettings: what the user has set for his own builds does not get into those that have to match the executable.
func TestUsersSettings(t *testing.T) {
	dir := files(t, "-- env --\nGOFLAGS=-race -mod=mod -tags=other\nGOFIPS140=v1.0.0\n-- local/lib.go --\npackage local\n\nconst Name = \"local\"\n")
	for name, o := range map[string]native.Options{
		"go env -w":        {Work: dir, Env: []string{"GOENV=" + filepath.Join(dir, "env"), "GOFLAGS="}},
		"variables":        {Work: dir, Env: []string{"GOFLAGS=-race -mod=vendor", "GO111MODULE=off", "GOOS=plan9", "CGO_ENABLED=0", "GOWORK=off"}},
		"in the toolchain": {Work: filepath.Join(runtime.GOROOT(), "src", "fmt"), Env: []string{"GOFLAGS="}},
		"in the root":      {Work: string(filepath.Separator)},
	} {
		t.Run(name, func(t *testing.T) {
			o.Cache = filepath.Join(t.TempDir(), "cache")
			p := start(t, o, "")
			p.run("1", "", "fmt.Print(1)", "fmt")
			rel, err := filepath.Rel(o.Work, filepath.Join(dir, "local"))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.ToSlash(rel)
			if !strings.HasPrefix(path, ".") {
				path = "./" + path
			}
			p.run("local", "", "fmt.Print(local.Name)", "fmt", p.ok("resolve", path))
		})
	}
}

// TestStalePlugin: the packages that plugins were built with differ from those of plugins that are open.
func TestStalePlugin(t *testing.T) {
	dir := files(t, "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- lib/lib.go --\npackage lib\n\nfunc Name() string { return \"one\" }\n")
	p := start(t, native.Options{Work: dir}, "")
	p.run("one", "", "fmt.Print(lib.Name())", "fmt", "example.com/app/lib")
	name := filepath.Join(dir, "lib", "lib.go")
	if err := os.WriteFile(name, []byte("package lib\n\nfunc Name(n int) string { return \"two\" }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.ok("forget", "")
	source, imports := cell("", "fmt.Print(lib.Name(2))", "fmt", "example.com/app/lib")
	a := p.do("open", source, imports...)
	if !load.IsStale(a.Error) || !strings.Contains(a.Error, "example.com/app/lib") || !strings.Contains(a.Error, "restart the session") {
		t.Errorf("the error is %q", a.Error)
	}
	source, imports = cell("", "fmt.Print(lib.Name())", "fmt", "example.com/app/lib")
	if a := p.do("build", source, imports...); !strings.Contains(a.Error, "not enough arguments in call to lib.Name") {
		t.Errorf("the first cell, against the new package: %q", a.Error)
	}
	p.run("one", "", "fmt.Print(`one`)", "fmt") // and the session goes on
}

// TestForeignVersionOfAPackageInTheExecutable: not the module is asked for, but a package arrives with it.
func TestForeignVersionOfAPackageInTheExecutable(t *testing.T) {
	dir := files(t, "-- go.work --\ngo 1.26\n\nuse ./a\n\nreplace golang.org/x/mod => ./mod\n"+
		"-- a/go.mod --\nmodule example.com/a\n\ngo 1.26\n\nrequire golang.org/x/mod v0.42.0\n-- a/a.go --\npackage a\n\nimport _ \"golang.org/x/mod/semver\"\n"+
		"-- mod/go.mod --\nmodule golang.org/x/mod\n\ngo 1.26\n-- mod/semver/semver.go --\npackage semver\n")
	p := start(t, native.Options{Work: dir}, "")
	a := p.do("resolve", "example.com/a")
	if !strings.Contains(a.Error, "this executable contains golang.org/x/mod/semver of golang.org/x/mod v") || !strings.Contains(a.Error, "a local copy") {
		t.Errorf("the error is %q", a.Error)
	}
	p.run("1", "", "fmt.Print(1)", "fmt")
}
