package api

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
)

func TestTheSymbolsAreUpToDate(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("go", "run", "../../interp/gen", "-out", dir, "-package", "symbols", "../../../client", "../../../views", "../../../display", "../../../display/comm", "../../../display/widgets")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) < 4 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	for _, f := range files {
		want, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("symbols", filepath.Base(f)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the packages are now (%v): go generate ./internal/session/api", filepath.Base(f), err)
		}
	}
}

func TestCellsCanUseThePackages(t *testing.T) {
	s, err := gocode.New(Code())
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []string{`display.Text("x")`, `views.Range(0, 3)`, `rc, err := client.Connect(context.Background(), client.Options{})`} {
		if _, err := s.Plan(gocode.Cell{N: 1, Name: "In[1]", Source: src}); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
	ex := Exports()
	for _, key := range []string{"client/client", "views/views", "display/display"} {
		if len(ex[module+key]) == 0 {
			t.Errorf("no symbols of %s", key)
		}
	}
}
