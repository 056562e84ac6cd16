package native

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func tree(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPackagesOfAModule(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.mod": "module m", "m.go": "package m", "a/a.go": "package a", "a/b/b_test.go": "package b", "a/c/c.go": "package c",
		"cmd/x/x.go": "package main", "internal/i/i.go": "package i", "testdata/t.go": "package t", "_old/o.go": "package o", ".git/g.go": "package g",
		"other/go.mod": "module other", "other/o.go": "package other", "docs/readme.md": "text", "broken/b.go": "pack",
	})
	if got, want := packagesIn(dir), []string{".", "a", "a/c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := packagesIn(filepath.Join(dir, "nothing")); len(got) > 0 {
		t.Errorf("a directory that is not there has %q", got)
	}
}

func TestCommentsOfAPackage(t *testing.T) {
	dir := tree(t, map[string]string{
		"a.go":      "// Package a is first. It goes on.\npackage a\n\n// T is a type.\ntype T struct{}\n\n// M is a method.\nfunc (*T) M() {}\n\n// NewT makes one.\nfunc NewT() *T { return nil }\n",
		"b.go":      "package a\n\n// Limit is a constant.\nconst Limit = 1\n\n// F is a function.\nfunc F() {}\n",
		"gen.go":    "//go:build ignore\n\npackage main\n",
		"a_test.go": "package a\n\n// F is another.\nfunc F() {}\n",
		"broken.go": "pack",
	})
	docs := comments(dir, "m/a")
	for name, want := range map[string]string{
		"": "Package a is first.", "T": "T is a type.", "T.M": "M is a method.", "NewT": "NewT makes one.", "Limit": "Limit is a constant.", "F": "F is a function.", "none": "",
	} {
		if docs[name] != want {
			t.Errorf("%q: got %q, want %q", name, docs[name], want)
		}
	}
	if got := comments(filepath.Join(dir, "nothing"), "m"); len(got) > 0 {
		t.Errorf("a directory that is not there has %q", got)
	}
}

func TestModulesOfPackages(t *testing.T) {
	for _, tt := range []struct{ path, dir, mod, root string }{
		{"gonum.org/v1/gonum/mat", "/c/gonum.org/v1/gonum@v0.16.0/mat", "gonum.org/v1/gonum", "/c/gonum.org/v1/gonum@v0.16.0"},
		{"example.com/m", "/c/example.com/m@v1.0.0", "example.com/m", "/c/example.com/m@v1.0.0"},
		{"example.com/m/v2/a/b", "/c/example.com/m/v2@v2.0.0/a/b", "example.com/m/v2", "/c/example.com/m/v2@v2.0.0"},
		{"local/a", "/home/me/a", "", ""},
	} {
		mod, root, ok := moduleOf(tt.path, filepath.FromSlash(tt.dir))
		if mod != tt.mod || root != filepath.FromSlash(tt.root) || ok != (tt.mod != "") {
			t.Errorf("%s: got %q in %q, %v", tt.path, mod, root, ok)
		}
	}
}
