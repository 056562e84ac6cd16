package worker

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// tubes returns a tube and the host's ends of its pipes.
func tubes(t *testing.T) (tb tube, to, from *os.File) {
	t.Helper()
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Files of this process's own would be the poller's.
	dup := func(f *os.File) int {
		fd, err := syscall.Dup(int(f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(fd) })
		_ = f.Close()
		return fd
	}
	if tb, err = newTube(dup(in), dup(out)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = to.Close(); _ = from.Close() })
	return tb, to, from
}

// TestATubeGivesWhatComes has collections stop the world all the while, for which who waits must be no obstacle.
func TestATubeGivesWhatComes(t *testing.T) {
	tb, to, _ := tubes(t)
	const n = 50
	read := make(chan error, 1)
	go func() {
		b := make([]byte, 1)
		for i := range n {
			if k, err := tb.Read(b); err != nil || k != 1 || b[0] != byte(i) {
				read <- errors.Join(err, errors.New("something else came"))
				return
			}
		}
		_, err := tb.Read(b)
		read <- err
	}()
	for i := range n {
		if i%10 == 0 {
			runtime.GC()
		}
		if _, err := to.Write([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	_ = to.Close()
	if err := <-read; !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v, want EOF", err)
	}
}

// TestATubeTakesMoreThanItHolds writes far more than fits into a pipe.
func TestATubeTakesMoreThanItHolds(t *testing.T) {
	tb, _, from := tubes(t)
	want := bytes.Repeat([]byte("0123456789"), 1<<20/10)
	wrote := make(chan error, 1)
	go func() {
		_, err := tb.Write(want)
		wrote <- err
	}()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want those that were written", len(got), err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

func TestATubeWhoseHostIsGone(t *testing.T) {
	tb, _, from := tubes(t)
	_ = from.Close()
	if _, err := tb.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v, want EPIPE", err)
	}
	if _, err := newTube(-1, -1); err == nil {
		t.Error("descriptors that are none are taken")
	}
}
