package conn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/flow"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// far is a link at whose other end the test plays the engine host of a program.
type far struct {
	handler link.ClientHandler
	begun   func(f *far, id proto.JobID) // what it does when it is to run a program

	mu    sync.Mutex
	id    proto.JobID
	input bytes.Buffer
	eof   bool                    // the input's end has come
	got   map[proto.RunStream]int // what the client says that it has received
	ended bool                    // by the client
}

func dialFar(t *testing.T, begun func(f *far, id proto.JobID)) (*conn.Conn, *far) {
	t.Helper()
	f := &far{begun: begun, got: map[proto.RunStream]int{}}
	c, err := conn.Dial(t.Context(), conn.Config{Dial: func(_ context.Context, h link.ClientHandler) (link.End, error) {
		f.handler = h
		h.Up(proto.Welcome{})
		return f, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c, f
}

func (f *far) Send(m proto.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch m := m.(type) {
	case *proto.Run:
		f.id = m.ID
		f.begun(f, m.ID)
	case *proto.RunData:
		f.input.Write(m.Data)
		f.eof = f.eof || m.End
		f.got[m.Stream] += m.Got
	case *proto.RunEnd:
		f.ended = m.ID == f.id
	}
	return nil
}

func (f *far) SendHeld(m proto.Message) error                    { return f.Send(m) }
func (f *far) Flush()                                            {}
func (f *far) SendWait(_ context.Context, m proto.Message) error { return f.Send(m) }
func (f *far) Close(string) error                                { return nil }

// read is how much of the input has come, and whether that is all.
func (f *far) read() (n int, eof bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.input.Len(), f.eof
}

// received is what the client says that it has received of a stream.
func (f *far) received(stream proto.RunStream) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got[stream]
}

// prints has a program print something.
func (f *far) prints(id proto.JobID, stream proto.RunStream, text string) {
	f.handler.Message(&proto.RunData{ID: id, Stream: stream, Data: []byte(text)})
}

func (f *far) ends(id proto.JobID, status int) {
	f.handler.Message(&proto.RunEnd{ID: id, Status: status})
}

// TestPrograms says what becomes of a program's output and of its end.
func TestPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		begun          func(f *far, id proto.JobID)
		status         int
		err            string
		stdout, stderr string
	}{
		"it ends well": {begun: func(f *far, id proto.JobID) { f.ends(id, 0) }},
		"it fails":     {begun: func(f *far, id proto.JobID) { f.ends(id, 3) }, status: 3},
		"it prints": {begun: func(f *far, id proto.JobID) {
			f.prints(id, proto.RunStdout, "one ")
			f.prints(id, proto.RunStderr, "but ")
			f.prints(id, proto.RunStdout, "two")
			f.prints(id, proto.RunStderr, "why")
			f.ends(id, 0)
		}, stdout: "one two", stderr: "but why"},
		"another prints and ends": {begun: func(f *far, id proto.JobID) {
			f.prints(proto.JobID{1}, proto.RunStdout, "not here")
			f.ends(proto.JobID{1}, 9)
			f.ends(id, 0)
		}},
		"it cannot be run": {begun: func(f *far, id proto.JobID) {
			f.handler.Message(&proto.RunEnd{ID: id, Status: 127, Error: "no such program"})
		}, status: 127, err: "no such program"},
		"the connection breaks": {begun: func(f *far, id proto.JobID) {
			f.prints(id, proto.RunStdout, "so far")
			f.handler.Down(errors.New("the cable"), false)
		}, stdout: "so far", err: "the connection to the controller was lost, and the program is killed: the cable"},
	} {
		t.Run(name, func(t *testing.T) {
			cl, f := dialFar(t, c.begun)
			defer cl.Close()
			var stdout, stderr bytes.Buffer
			status, err := cl.Run(t.Context(), conn.RunConfig{Stdout: &stdout, Stderr: &stderr})
			if status != c.status || text(err) != c.err {
				t.Errorf("exit status %d, error %q; want %d, %q", status, text(err), c.status, c.err)
			}
			if stdout.String() != c.stdout || stderr.String() != c.stderr {
				t.Errorf("prints %q and %q, want %q and %q", stdout.String(), stderr.String(), c.stdout, c.stderr)
			}
			if out, err := f.received(proto.RunStdout), f.received(proto.RunStderr); out != len(c.stdout) || err != len(c.stderr) {
				t.Errorf("of %d and %d bytes the host is told that %d and %d have come", len(c.stdout), len(c.stderr), out, err)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestAProgramWhoseOutputNobodyWantsPrintsOn: what it has printed is received all the same, or it would wait.
func TestAProgramWhoseOutputNobodyWantsPrintsOn(t *testing.T) {
	c, f := dialFar(t, func(f *far, id proto.JobID) { f.prints(id, proto.RunStdout, "hello"); f.ends(id, 0) })
	defer c.Close()
	if status, err := c.Run(t.Context(), conn.RunConfig{}); status != 0 || err != nil || f.received(proto.RunStdout) != len("hello") {
		t.Errorf("exit status %d, %v; received are %d bytes", status, err, f.received(proto.RunStdout))
	}
}

// TestTheInputOfAProgram is sent as far as there is room for it, and so is its end.
func TestTheInputOfAProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := dialFar(t, func(*far, proto.JobID) {})
		input := strings.Repeat("0123456789", 60_000)
		var status int
		var err error
		ran := make(chan struct{})
		go func() {
			defer close(ran)
			status, err = c.Run(t.Context(), conn.RunConfig{Stdin: strings.NewReader(input)})
		}()
		for came := 0; came < len(input); {
			synctest.Wait()
			n, eof := f.read()
			if want := min(came+flow.Bytes, len(input)); n > want || n < want-flow.Piece || eof != (n == len(input)) {
				t.Fatalf("%d bytes have come, the end: %v; there was room for %d of %d", n, eof, want, len(input))
			}
			f.handler.Message(&proto.RunData{ID: f.id, Stream: proto.RunStdin, Got: n - came})
			came = n
		}
		f.ends(f.id, 5)
		<-ran
		if status != 5 || err != nil || f.input.String() != input {
			t.Errorf("exit status %d, %v, with %d bytes of input", status, err, f.input.Len())
		}
		_ = c.Close()
	})
}

// TestAnOpenInputKeepsNobody has a program end whose input nobody writes, at a terminal say.
func TestAnOpenInputKeepsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := dialFar(t, func(f *far, id proto.JobID) { f.ends(id, 0) })
		in, w := io.Pipe()
		if status, err := c.Run(t.Context(), conn.RunConfig{Stdin: in}); status != 0 || err != nil {
			t.Errorf("exit status %d, %v", status, err)
		}
		_ = c.Close()
		_ = w.Close() // only now
	})
}

// TestWhatEndsAProgramThatRuns says what its caller hears, and whether the host is told to kill it.
func TestWhatEndsAProgramThatRuns(t *testing.T) {
	enough := errors.New("that is enough")
	for name, c := range map[string]struct {
		happens func(c *conn.Conn, f *far, cancel context.CancelCauseFunc)
		err     error
		told    bool
	}{
		"its context ends":         {func(_ *conn.Conn, _ *far, cancel context.CancelCauseFunc) { cancel(enough) }, enough, true},
		"the connection is closed": {func(c *conn.Conn, _ *far, _ context.CancelCauseFunc) { _ = c.Close() }, conn.ErrClosed, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl, f := dialFar(t, func(*far, proto.JobID) {})
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				ran := make(chan error)
				go func() {
					_, err := cl.Run(ctx, conn.RunConfig{})
					ran <- err
				}()
				synctest.Wait()
				c.happens(cl, f, cancel)
				if err := <-ran; !errors.Is(err, c.err) || f.ended != c.told {
					t.Errorf("got %v, want %v; the host was told: %v, want %v", err, c.err, f.ended, c.told)
				}
				_ = cl.Close()
				if _, err := cl.Run(t.Context(), conn.RunConfig{}); err == nil {
					t.Error("a program runs on a connection that is closed")
				}
			})
		})
	}
}
