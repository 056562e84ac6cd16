package brisk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// pipe is a pipe that has both ends brisk.
func pipe(t *testing.T) (r, w *File) {
	t.Helper()
	ends := [2]*os.File{}
	var err error
	if ends[0], ends[1], err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	files := [2]*File{}
	for i, f := range ends {
		if files[i], err = NewFile(f); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
	}
	return files[0], files[1]
}

// What does not fit into a pipe at once arrives whole, and what is read before it comes is waited for.
func TestAllThatIsWrittenArrives(t *testing.T) {
	r, w := pipe(t)
	want := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	failed := make(chan error, 1)
	go func() {
		n, err := w.Write(want)
		if err == nil && n != len(want) {
			err = io.ErrShortWrite
		}
		failed <- errors.Join(err, w.Close())
	}()
	got, err := io.ReadAll(r)
	if err := errors.Join(err, <-failed); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes arrived, %v", len(got), len(want), err)
	}
}

func TestAClosedPipeIsSaid(t *testing.T) {
	r, w := pipe(t)
	waits := make(chan error, 1)
	go func() {
		_, err := r.Read(make([]byte, 1))
		waits <- err
	}()
	select {
	case err := <-waits:
		t.Fatalf("nothing was written, but read: %v", err)
	case <-time.After(10 * time.Millisecond):
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; !errors.Is(err, os.ErrClosed) {
		t.Errorf("who reads what is closed then: %v", err)
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Error("nobody reads, and that is not said")
	}
}
