package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestInstallAndUninstall(t *testing.T) {
	prefix := t.TempDir()
	where := Where{Prefix: prefix}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := Install(Options{Name: "Go-Test", Executable: self, Where: where, Version: "v1", Args: []string{"--tier=native"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(prefix, "share", "jupyter", "kernels", "go-test"); dir != want {
		t.Errorf("installed in %s, want %s", dir, want)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var k kernelJSON
	if err := json.Unmarshal(raw, &k); err != nil {
		t.Fatal(err)
	}
	if want := []string{"kernel", "run", "-f", "{connection_file}", "--tier=native"}; !reflect.DeepEqual(k.Argv[1:], want) || !filepath.IsAbs(k.Argv[0]) {
		t.Errorf("argv is %q, want an absolute path and %q", k.Argv, want)
	}
	if k.DisplayName != "Go" || k.Language != "go" || k.InterruptMode != "message" {
		t.Errorf("kernel.json says %+v", k)
	}
	for _, size := range []int{32, 64} {
		checkLogo(t, dir, size)
	}

	if _, err := Install(Options{Name: "go-test", Executable: self, Where: where}); err != nil {
		t.Errorf("installed again: %v", err)
	}
	t.Setenv("JUPYTER_PATH", filepath.Join(prefix, "share", "jupyter"))
	if found := Find(); len(found) == 0 || found[0].Dir != dir || found[0].Missing != nil {
		t.Errorf("found %+v, want first %s", found, dir)
	}
	if removed, err := Uninstall("go-test", where); err != nil || removed != dir {
		t.Errorf("uninstalled %s, %v; want %s", removed, err, dir)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Uninstall("go-test", where); err == nil || !strings.Contains(err.Error(), "there is no kernel") {
		t.Errorf("uninstalled twice: %v", err)
	}
}

func checkLogo(t *testing.T, dir string, size int) {
	t.Helper()
	raw := logoPNG(size)
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Dx(); got != size {
		t.Errorf("the logo is %d wide, want %d", got, size)
	}
	if _, _, _, a := img.At(size/2, size/2).RGBA(); a != 0xffff {
		t.Error("the logo has nothing in its middle")
	}
	if _, _, _, a := img.At(size/2, 0).RGBA(); a != 0 {
		t.Error("the logo's edge is not transparent")
	}
}

// `go run` removes the program that it has built when it ends.
func TestAProgramThatWillNotStayIsCopied(t *testing.T) {
	tmp := filepath.Join(t.TempDir(), "go-build", "b001", "exe")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(tmp, "gocluster")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := Install(Options{Executable: program, Where: Where{Prefix: t.TempDir()}, Version: "v7"})
	if err != nil {
		t.Fatal(err)
	}
	if i := describe(dir); i.Version != "v7" || i.Executable != filepath.Join(dir, "gocluster") || i.Missing != nil {
		t.Errorf("got %+v, want a copy in %s", i, dir)
	}
}

func TestOthersKernelsStay(t *testing.T) {
	prefix := t.TempDir()
	where := Where{Prefix: prefix}
	dir := filepath.Join(prefix, "share", "jupyter", "kernels", "go")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "kernel.json")
	if err := os.WriteFile(file, []byte(`{"argv":["gonb"]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Install(Options{Where: where}); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "--name") {
		t.Errorf("installed over another: %v", err)
	}
	if _, err := Uninstall("", where); !errors.Is(err, ErrForeign) {
		t.Errorf("uninstalled another: %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestWrongOptions(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Name: "a b"}, `the kernel's name is "a b"; Jupyter allows`},
		{Options{Name: "../go"}, "Jupyter allows"},
		{Options{Where: Where{User: true, SysPrefix: true}}, "exclude each other"},
		{Options{Executable: "/no/such/program", Where: Where{Prefix: t.TempDir()}}, "no such file"},
		{Options{Executable: t.TempDir(), Where: Where{Prefix: t.TempDir()}}, "is a folder"},
	} {
		if _, err := Install(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want %q", tt.o, err, tt.want)
		}
	}
}

func TestUserDataDir(t *testing.T) {
	for _, tt := range []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", nil, "/home/u/.local/share/jupyter"},
		{"linux", map[string]string{"XDG_DATA_HOME": "/data"}, "/data/jupyter"},
		{"linux", map[string]string{"JUPYTER_DATA_DIR": "/j", "XDG_DATA_HOME": "/data"}, "/j"},
		{"darwin", nil, "/home/u/Library/Jupyter"},
		{"darwin", map[string]string{"JUPYTER_PLATFORM_DIRS": "1"}, "/home/u/Library/Application Support/jupyter"},
		{"darwin", map[string]string{"JUPYTER_PLATFORM_DIRS": "0"}, "/home/u/Library/Jupyter"},
		{"windows", map[string]string{"APPDATA": "/a"}, "/a/jupyter"},
	} {
		got, err := userDataDir(tt.goos, func(k string) string { return tt.env[k] }, func() (string, error) { return "/home/u", nil })
		if want := filepath.FromSlash(tt.want); err != nil || filepath.FromSlash(got) != want {
			t.Errorf("%s %v: got %s, %v; want %s", tt.goos, tt.env, got, err, want)
		}
	}
}
