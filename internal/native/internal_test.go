package native

import (
	"errors"
	"go/types"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

func TestSettingsOfTheExecutable(t *testing.T) {
	for _, c := range []struct {
		key, value string
		args, env  string
		err        string
	}{
		{"-race", "true", "-race", "", ""},
		{"-trimpath", "true", "-trimpath", "", ""},
		{"-tags", "a,b", "-tags=a,b", "", ""},
		{"-gcflags", "all=-N -l", "-gcflags=all=-N -l", "", ""},
		{"-gcflags", "-N -l", "", "", ""},
		{"-ldflags", "-s -w", "", "", ""},
		{"-cover", "true", "", "", "built with -cover"},
		{"-compiler", "gccgo", "", "", "built by gccgo"},
		{"-compiler", "gc", "", "", ""},
		{"GOEXPERIMENT", "arenas", "", "GOEXPERIMENT=arenas", ""},
		{"CGO_CFLAGS", "-O3", "", "", ""},
		{"vcs.revision", "abc", "", "", ""},
	} {
		x := &executable{}
		err := x.setting(c.key, c.value)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s=%s: the error is %v", c.key, c.value, err)
			}
			continue
		}
		if err != nil || strings.Join(x.args, " ") != c.args || strings.Join(x.env, " ") != c.env {
			t.Errorf("%s=%s: %q %q %v", c.key, c.value, x.args, x.env, err)
		}
	}
}

func TestSourceOfTheExecutable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	download := func(mod string) (string, error) { return "/cache/" + mod, nil }
	for _, c := range []struct {
		file, version, variable string
		want                    source
		err                     string
	}{
		{filepath.Join(dir, filepath.FromSlash(ownPath)), "", "", source{dir: dir}, ""},
		{"/nowhere" + ownPath, "", "", source{}, "is gone (/nowhere)"},
		{module + "@v1.2.3" + ownPath, "v1.2.3", "", source{dir: "/cache/" + module + "@v1.2.3", version: "v1.2.3"}, ""},
		{module + ownPath, "v1.2.3", "", source{dir: "/cache/" + module + "@v1.2.3"}, ""},
		{module + ownPath, "(devel)", "", source{}, "set GOCLUSTER_SOURCE"},
		{module + ownPath, "v1.2.4-0.20260101-abc+dirty", "", source{}, "set GOCLUSTER_SOURCE"},
		{module + ownPath, "(devel)", dir, source{dir: dir}, ""},
	} {
		t.Setenv(SourceVariable, c.variable)
		x := &executable{info: &debug.BuildInfo{Main: debug.Module{Path: module, Version: c.version}}}
		got, err := x.findSource(c.file, download)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: the error is %v", c.file, err)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%s: %+v %v", c.file, got, err)
		}
	}
}

// TestBaseOfAnotherProgram: this module is a part of a program of somebody else, with versions that he chose.
func TestBaseOfAnotherProgram(t *testing.T) {
	k := &Kit{src: source{dir: "/src"}, exe: &executable{info: &debug.BuildInfo{
		Main: debug.Module{Path: "example.com/app"},
		Deps: []*debug.Module{
			{Path: module, Version: "v1.2.3"},
			{Path: "example.com/lib", Version: "v0.5.0"},
			{Path: "example.com/fork", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/mine", Version: "v1.0.1"}},
		},
	}}}
	text, err := k.baseMod()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{module + " v1.2.3", "example.com/lib v0.5.0", "example.com/fork v1.0.0 => example.com/mine v1.0.1", "replace " + module + " => /src"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the base module lacks %q:\n%s", want, text)
		}
	}
	k.src.version = "v1.2.3"
	if text, err = k.baseMod(); err != nil || strings.Contains(string(text), "=> /src") {
		t.Errorf("with -trimpath this module is one of the cache: %v\n%s", err, text)
	}
}

// TestOurCommandsCanRunCells: a type in a package main would be taken for a cell's.
func TestOurCommandsCanRunCells(t *testing.T) {
	dirs, err := filepath.Glob("../../cmd/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		if types, err := declaredTypes(dir); err != nil || len(types) > 0 {
			t.Errorf("%s: move the types %q to another package (%v)", dir, types, err)
		}
	}
}

func TestUserFlags(t *testing.T) {
	if got := userFlags("-mod=mod -race -modcacherw -tags=x -p=2 -trimpath"); got != " -modcacherw -p=2" {
		t.Error(got)
	}
}

func TestTrimRemovesTheLeastRecentlyUsed(t *testing.T) {
	r := newRoom(t.TempDir(), 250, slog.New(slog.DiscardHandler))
	fill := func(dir, file string) error { return os.WriteFile(file, make([]byte, 100), 0o600) }
	keys := []string{"aa1", "bb2", "cc3", "dd4"}
	var files []string
	for i, key := range keys {
		file, hit, err := r.get(key, fill)
		if err != nil || hit {
			t.Fatal(file, hit, err)
		}
		files = append(files, file)
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(filepath.Join(r.dir, "so", key[:2], key+".so"), at, at); err != nil {
			t.Fatal(err)
		}
	}
	other := newRoom(r.dir, 250, r.log)
	if _, hit, err := other.get("aa1", fill); err != nil || !hit { // so it is the most recently used
		t.Fatal(hit, err)
	}
	r.trim()
	var left []string
	for _, key := range keys {
		if _, err := os.Stat(filepath.Join(r.dir, "so", key[:2], key+".so")); err == nil {
			left = append(left, key)
		}
	}
	if !slices.Equal(left, []string{"aa1", "dd4"}) {
		t.Errorf("%q are left", left)
	}
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			t.Errorf("a plugin in use is gone: %v", err)
		}
	}
	if err := errors.Join(r.close(), other.close()); err != nil {
		t.Error(err)
	}
}

func TestLinksAreBounded(t *testing.T) {
	r := newRoom(t.TempDir(), 1<<20, slog.New(slog.DiscardHandler))
	var files []string
	for i := range maxLinks + 3 {
		file, _, err := r.get(digest(strconv.Itoa(i)), func(dir, file string) error { return os.WriteFile(file, nil, 0o600) })
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		if _, _, err := r.get(digest("0"), nil); err != nil { // the first one is always in use
			t.Fatal(err)
		}
	}
	for i, file := range files {
		_, err := os.Stat(file)
		if gone := i >= 1 && i <= 3; gone != (err != nil) {
			t.Errorf("link %d: %v", i, err)
		}
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
}

func TestSweepLeavesTheLiving(t *testing.T) {
	dir := t.TempDir()
	r := newRoom(dir, 1, slog.New(slog.DiscardHandler))
	living, err := r.private()
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(dir, "run", "1-dead")
	if err := os.MkdirAll(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := errors.Join(os.Chtimes(dead, old, old), os.Chtimes(living, old, old)); err != nil {
		t.Fatal(err)
	}
	next := newRoom(dir, 1, r.log)
	if _, err := next.private(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); err == nil {
		t.Error("what an ended process left is still there")
	}
	if _, err := os.Stat(living); err != nil {
		t.Error("the directory of a living process is gone")
	}
	if err := errors.Join(r.close(), next.close()); err != nil {
		t.Error(err)
	}
}

// TestImportSharesTheFrontEndsPackages: a type of the standard library is the same whether a cell or a module names it.
func TestImportSharesTheFrontEndsPackages(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/app\n\ngo 1.26\n")
	write("inner/inner.go", "package inner\n\nimport \"bytes\"\n\ntype T struct{ bytes.Buffer }\n")
	write("outer/outer.go", "package outer\n\nimport (\n\t\"net/http\"\n\t\"example.com/app/inner\"\n)\n\nvar Client *http.Client\n\nfunc Inner() inner.T { return inner.T{} }\n")
	k, err := Find(t.Context(), Options{Work: dir, Cache: filepath.Join(t.TempDir(), "cache")})
	if err != nil {
		t.Skip(err)
	}
	defer k.Close()
	outer, err := k.Import("example.com/app/outer")
	if err != nil {
		t.Fatal(err)
	}
	inner, err := k.Import("example.com/app/inner")
	if err != nil {
		t.Fatal(err)
	}
	http, err := stdlib.Shared.Import("net/http")
	if err != nil {
		t.Fatal(err)
	}
	client := types.NewPointer(http.Scope().Lookup("Client").Type())
	if got := outer.Scope().Lookup("Client").Type(); !types.Identical(got, client) {
		t.Errorf("Client is %v of another package", got)
	}
	result := outer.Scope().Lookup("Inner").Type().(*types.Signature).Results().At(0).Type()
	if !types.Identical(result, inner.Scope().Lookup("T").Type()) {
		t.Errorf("Inner returns %v of another package", result)
	}
	if again, err := k.Import("example.com/app/outer"); err != nil || again != outer {
		t.Errorf("a second import is another package: %v", err)
	}
}

func TestReadableErrors(t *testing.T) {
	got := readable("go: downloading x v1\ngo: module x: not found\n\n")
	if got != "module x: not found" {
		t.Errorf("%q", got)
	}
}

func TestDownloadsAreSaidOnce(t *testing.T) {
	var b strings.Builder
	d := &downloads{out: &b}
	for _, part := range []string{"go: downloading x v1\ngo: mod", "ule y: not found\ngo: added x v1\n", "\tserver response"} {
		if n, err := d.Write([]byte(part)); n != len(part) || err != nil {
			t.Error(n, err)
		}
	}
	if got := b.String(); got != "go: downloading x v1\ngo: added x v1\n" {
		t.Errorf("%q", got)
	}
}

func TestProblems(t *testing.T) {
	got := problems("In[3]:2:5: undefined: x\n\tdetail\nmain.go:10:1: other\n")
	want := []Problem{{"In[3]", 2, 5, "undefined: x\n\tdetail"}, {"main.go", 10, 1, "other"}}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
