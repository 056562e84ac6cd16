package zmtp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// unixPair returns the two ends of a Unix socket, both taken over.
func unixPair(t *testing.T) (a, b *quietConn) {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dialled, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	a, b = quietly(dialled).(*quietConn), quietly(accepted).(*quietConn)
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}

func TestAUnixSocketThatWasTakenOverIsAConnection(t *testing.T) {
	a, b := unixPair(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // more than is under way at once
	var got []byte
	done := make(chan error, 2)
	go func() {
		n, err := a.Write(sent)
		if n != len(sent) {
			err = errors.Join(err, io.ErrShortWrite)
		}
		done <- errors.Join(err, a.CloseWrite())
	}()
	go func() {
		var err error
		got, err = io.ReadAll(b)
		done <- err
	}()
	for range 2 {
		if err := next(t, done); err != nil {
			t.Error(err)
		}
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d have arrived, or others", len(got), len(sent))
	}
}

func TestWaitingForAUnixSocketEnds(t *testing.T) {
	reading := func(c *quietConn) error { _, err := c.Read(make([]byte, 1)); return err }
	writing := func(c *quietConn) error {
		for {
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				return err
			}
		}
	}
	for name, c := range map[string]struct {
		wait func(*quietConn) error
		end  func(mine, theirs *quietConn)
		want []error
	}{
		"a read at its deadline":       {reading, func(q, _ *quietConn) { _ = q.SetReadDeadline(time.Now()) }, []error{os.ErrDeadlineExceeded}},
		"a read when it is closed":     {reading, func(q, _ *quietConn) { _ = q.Close() }, []error{net.ErrClosed}},
		"a read when the other closes": {reading, func(_, q *quietConn) { _ = q.Close() }, []error{io.EOF}},
		"a write at its deadline":      {writing, func(q, _ *quietConn) { _ = q.SetDeadline(time.Now()) }, []error{os.ErrDeadlineExceeded}},
		"a write when it is closed":    {writing, func(q, _ *quietConn) { _ = q.Close() }, []error{net.ErrClosed}},
		"a write when the other closes": {writing, func(_, q *quietConn) { _ = q.Close() },
			[]error{syscall.EPIPE, syscall.ECONNRESET}},
	} {
		t.Run(name, func(t *testing.T) {
			mine, theirs := unixPair(t)
			done := make(chan error, 1)
			go func() { done <- c.wait(mine) }()
			c.end(mine, theirs)
			err := next(t, done)
			for _, want := range c.want {
				if errors.Is(err, want) {
					return
				}
			}
			t.Errorf("got %v, want one of %v", err, c.want)
		})
	}
}

// That the other side has read is nothing to wake up for.
func TestAReadWakesNoWriter(t *testing.T) {
	a, b := unixPair(t)
	if _, err := a.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	woken := func() (n int) {
		err := a.in.raw.Control(func(ep uintptr) {
			n, _ = syscall.EpollWait(int(ep), make([]syscall.EpollEvent, 1), 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := woken(); n != 0 {
		t.Error("there is an event")
	}
	if _, err := b.Write([]byte("y")); err != nil {
		t.Fatal(err)
	}
	if n := woken(); n != 1 {
		t.Error("there is no event though there is something to read")
	}
}
