package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
)

func TestWhereASessionIs(t *testing.T) {
	t.Setenv("GOCLUSTER_TEST_OURS", "from the parent")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Dir: dir, Env: []string{"GOCLUSTER_TEST_A=a"}})
	ctx := t.Context()
	same := func(when string) {
		t.Helper()
		at, err := s.Place(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := at.Getenv("GOCLUSTER_TEST_A")
		b, _ := at.Getenv("GOCLUSTER_TEST_B")
		_, ours := at.Getenv("GOCLUSTER_TEST_OURS")
		if at.Dir != filepath.Join(dir, "sub") || a != "" || b != "b c" || ours {
			t.Errorf("%s: %s, A=%q B=%q, the parent's %v", when, at.Dir, a, b, ours)
		}
	}
	if at, err := s.Place(ctx); err != nil || at.Dir != dir {
		t.Errorf("at first: %v, %v", at.Dir, err)
	}
	if _, err := s.Chdir(ctx, "nowhere"); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a directory that is not there: %v", err)
	}
	if at, err := s.Chdir(ctx, "sub"); err != nil || at.Dir != filepath.Join(dir, "sub") {
		t.Errorf("sub: %v, %v", at.Dir, err)
	}
	for name, value := range map[string]string{"GOCLUSTER_TEST_B": "b c", "GOCLUSTER_TEST_A": "x"} {
		if err := s.Setenv(ctx, name, value); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"GOCLUSTER_TEST_A", "GOCLUSTER_TEST_OURS"} {
		if err := s.Unsetenv(ctx, name); err != nil {
			t.Error(err)
		}
	}
	same("in the first process")
	if _, err := s.Execute(context.Background(), gocode.Cell{N: 1, Name: "In[1]", Source: "os.Exit(1)"}, &record{}); err == nil {
		t.Error("the process did not end")
	}
	same("in the next process")
	if err := s.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	same("after a reset")
}
