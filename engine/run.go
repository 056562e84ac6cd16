package engine

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/flow"
	"github.com/gocluster/gocluster/internal/proto"
)

// lateRun is how long what an ended program has left behind may hold its output without saying anything.
const lateRun = time.Second

// remote is a program that a client has the host run.
type remote struct {
	id     proto.JobID
	ctx    context.Context
	cancel context.CancelFunc
	cmd    *exec.Cmd
	out    [3]*flow.Window // of stdout and stderr
	exited chan struct{}

	mu    sync.Mutex
	input []*proto.RunData
	news  chan struct{}
}

// runProgram starts a program, unless the host ends.
func (h *host) runProgram(m *proto.Run) {
	r := &remote{id: m.ID, out: [3]*flow.Window{nil, flow.NewWindow(), flow.NewWindow()}, exited: make(chan struct{}), news: make(chan struct{}, 1)}
	r.ctx, r.cancel = context.WithCancel(h.group.Context())
	h.runs[m.ID] = r
	_ = h.group.Go("program of a client", func(context.Context) error {
		defer r.cancel()
		status, err := h.runRemote(r, m)
		end := &proto.RunEnd{ID: m.ID, Status: status}
		if err != nil {
			end.Error = err.Error()
		}
		h.do(func() { delete(h.runs, m.ID) })
		_ = h.link.SendWait(h.group.Context(), end) // a connection that breaks tells the client, too
		return nil
	})
}

// killRuns kills the programs of clients: their connection has broken.
func (h *host) killRuns() {
	for _, r := range h.runs {
		r.cancel()
	}
}

// runData hands a program input, or room for output.
func (h *host) runData(m *proto.RunData) {
	r := h.runs[m.ID]
	switch {
	case r == nil:
	case m.Stream == proto.RunStdin:
		r.mu.Lock()
		r.input = append(r.input, m)
		r.mu.Unlock()
		select {
		case r.news <- struct{}{}:
		default:
		}
	case int(m.Stream) < len(r.out):
		r.out[m.Stream].Give(m.Got)
	}
}

// runRemote runs a program to its end, and kills it with all that it has started when its context ends.
func (h *host) runRemote(r *remote, m *proto.Run) (status int, err error) {
	if len(m.Argv) == 0 {
		return 0, errors.New("there is no program to be run")
	}
	r.cmd = exec.Command(m.Argv[0], m.Argv[1:]...)
	r.cmd.Env = append(os.Environ(), m.Env...)
	if r.cmd.Dir, err = homeDir(m.Dir); err != nil {
		return 0, err
	}
	alone(r.cmd)
	in, err := r.cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	var files [2]*os.File
	var ends []*os.File
	defer func() {
		for _, f := range ends {
			_ = f.Close()
		}
	}()
	for i := range files {
		from, to, err := os.Pipe()
		if err != nil {
			return 0, err
		}
		files[i] = from
		ends = append(ends, from, to)
	}
	r.cmd.Stdout, r.cmd.Stderr = ends[1], ends[3]
	if err := r.cmd.Start(); err != nil {
		return 0, err
	}
	defer context.AfterFunc(r.ctx, func() { end(r.cmd) })()
	_, _ = ends[1].Close(), ends[3].Close()
	var reading sync.WaitGroup
	for i, f := range files {
		reading.Add(1)
		_ = h.group.Go("output of a program", func(context.Context) error {
			defer reading.Done()
			h.passOutput(r, proto.RunStream(i+1), f)
			return nil
		})
	}
	_ = h.group.Go("input of a program", func(context.Context) error {
		h.passInput(r, in.Write)
		_ = in.Close() // the program's end closes it, too
		return nil
	})
	err = r.cmd.Wait()
	close(r.exited)
	for _, f := range files {
		_ = f.SetReadDeadline(time.Now().Add(lateRun))
	}
	reading.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exitStatus(exit.ProcessState), nil
	}
	return 0, err
}

// homeDir is a directory with the home directory in the place of "~", which an empty one means too.
func homeDir(dir string) (string, error) {
	rest, ok := strings.CutPrefix(dir, "~")
	if dir != "" && (!ok || rest != "" && rest[0] != '/') {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, rest), err
}

// passOutput sends what a program prints until nothing comes after its end.
func (h *host) passOutput(r *remote, stream proto.RunStream, from *os.File) {
	for {
		piece := make([]byte, flow.Piece)
		n, err := from.Read(piece)
		if n > 0 && (!r.out[stream].Take(r.ctx, n) || h.link.SendWait(r.ctx, &proto.RunData{ID: r.id, Stream: stream, Data: piece[:n]}) != nil) {
			return
		}
		if err != nil {
			return
		}
		select {
		case <-r.exited:
			_ = from.SetReadDeadline(time.Now().Add(lateRun))
		default:
		}
	}
}

// passInput writes what comes for a program's input until its end, or until the program's.
func (h *host) passInput(r *remote, write func([]byte) (int, error)) {
	broken := false
	for {
		r.mu.Lock()
		input := r.input
		r.input = nil
		r.mu.Unlock()
		for _, m := range input {
			if len(m.Data) > 0 && !broken {
				_, err := write(m.Data)
				broken = err != nil // it reads no more
			}
			if m.End || h.link.SendWait(r.ctx, &proto.RunData{ID: r.id, Stream: proto.RunStdin, Got: len(m.Data)}) != nil {
				return
			}
		}
		select {
		case <-r.news:
		case <-r.exited:
			return
		case <-r.ctx.Done():
			return
		}
	}
}
