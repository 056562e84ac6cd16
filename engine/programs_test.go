package engine

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

func bytesOf(data []byte) func() ([]byte, error) {
	return func() ([]byte, error) { return data, nil }
}

func TestAProgramIsWhatItsHashSays(t *testing.T) {
	p := newPrograms(t.TempDir())
	good := []byte("a program")
	h := proto.HashOf(good)
	if _, err := p.ready(h, bytesOf([]byte("another"))); !errors.Is(err, errWrongHash) {
		t.Errorf("another program than its name says: got %v, want %v", err, errWrongHash)
	}
	if p.has(h) {
		t.Error("it is kept all the same")
	}
	name, err := p.ready(h, bytesOf(good))
	if err != nil || !p.has(h) {
		t.Fatalf("got %v, has %v", err, p.has(h))
	}
	if err := os.WriteFile(name, []byte("damaged"), 0o700); err != nil {
		t.Fatal(err)
	}
	later := newPrograms(p.dir) // the next process
	if _, err := later.ready(h, bytesOf(nil)); !errors.Is(err, errWrongHash) {
		t.Errorf("a file that has changed: got %v, want %v", err, errWrongHash)
	}
	if later.has(h) {
		t.Error("a damaged file stays")
	}
	if _, err := later.ready(h, bytesOf(good)); err != nil {
		t.Errorf("when it has come again: %v", err)
	}
}

func TestProgramsThatWereNotUsedForLongGo(t *testing.T) {
	p := newPrograms(t.TempDir())
	p.limit = 25
	var hashes []proto.Hash
	for i, text := range []string{"first.....", "second....", "third....."} {
		h := proto.HashOf([]byte(text))
		name, err := p.ready(h, bytesOf([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(name, old, old); err != nil && i < 2 {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	next := newPrograms(p.dir)
	for i, want := range []bool{false, true, true} {
		if next.has(hashes[i]) != want {
			t.Errorf("program %d: there is %t, want %t", i, !want, want)
		}
	}
}
