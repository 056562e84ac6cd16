package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/spool"
)

func made(t *testing.T) *spool.Dir {
	d, err := spool.Make(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestWhatOneProcessWritesAnotherReads(t *testing.T) {
	d := made(t)
	other, err := spool.Join(d.Path(), d.Proof())
	if err != nil {
		t.Fatal(err)
	}
	if !d.Joined(other.Answer()) {
		t.Error("the answer of who has joined is not accepted")
	}
	data := bytes.Repeat([]byte("0123456789"), spool.Min)
	name, err := other.Write(data)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := d.Size(name); n != len(data) || err != nil {
		t.Errorf("the size is %d, %v", n, err)
	}
	if err := d.View(name, func(got []byte) error {
		if !bytes.Equal(got, data) {
			t.Error("other bytes")
		}
		return d.Remove(name) // does not disturb who reads
	}); err != nil {
		t.Error(err)
	}
	if _, err := d.Read(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading a removed file: %v", err)
	}
}

func TestWhoIsElsewhereCannotJoin(t *testing.T) {
	d := made(t)
	open := made(t)
	if err := os.Chmod(open.Path(), 0o755); err != nil {
		t.Fatal(err)
	}
	for what, args := range map[string][2]string{
		"no directory":              {"", ""},
		"a directory of another":    {filepath.Join(d.Path(), "nowhere"), d.Proof()},
		"another of the same place": {d.Path(), made(t).Proof()},
		"one that others can read":  {open.Path(), open.Proof()},
	} {
		if _, err := spool.Join(args[0], args[1]); !errors.Is(err, spool.ErrElsewhere) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if d.Joined(d.Proof()) || d.Joined("") {
		t.Error("an answer is accepted from who has not read the secret")
	}
}

func TestNamesThatLeadElsewhereAreRefused(t *testing.T) {
	d := made(t)
	for _, name := range []string{"", ".", "..", "../x", "a/b", "secret", ".hidden"} {
		if _, err := d.Read(name); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestWhatDeadProcessesLeftIsSweptAway(t *testing.T) {
	root := t.TempDir()
	left := filepath.Join(root, "gocluster-999999999-1")
	kept := filepath.Join(root, "gocluster-1-1")
	for _, dir := range []string{left, kept} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d, err := spool.Make(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what a dead process has left is still there")
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error("a living process has lost its directory")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(d.Path()); err == nil {
		t.Error("the directory is still there after Close")
	}
}

func TestAnOverflowHasADiskUpToItsBudget(t *testing.T) {
	root := filepath.Join(t.TempDir(), "spill")
	stale := filepath.Join(root, fmt.Sprintf("gocluster-%d-x", 1<<30))
	if err := os.MkdirAll(stale, 0o700); err != nil {
		t.Fatal(err)
	}
	o := spool.NewOverflow(root, 3<<20)
	if _, err := os.Stat(stale); err == nil {
		t.Error("what a process has left that is gone is still there")
	}
	data := bytes.Repeat([]byte("ab"), 1<<19)
	first, err := o.Write(data)
	if err != nil {
		t.Fatal(err)
	}
	second, err := o.Copy(first)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(second); err != nil || !bytes.Equal(got, data) {
		t.Errorf("a copy has %d bytes, %v", len(got), err)
	}
	if _, err := o.Write(make([]byte, 2<<20)); !errors.Is(err, spool.ErrFull) || !strings.Contains(err.Error(), "for 2 MB: 2 of the 3 MB") {
		t.Errorf("more than the budget: %v", err)
	}
	o.Remove(first)
	if _, err := o.Write(make([]byte, 2<<20)); err != nil || o.Used() != 3<<20 {
		t.Errorf("what was removed makes no room: %v, %d bytes are in use", err, o.Used())
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(root); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if _, err := (*spool.Overflow)(nil).Write(data); !errors.Is(err, spool.ErrFull) {
		t.Errorf("no overflow: %v", err)
	}
}
