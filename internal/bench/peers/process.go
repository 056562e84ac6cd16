package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/bench/procs"
	"github.com/gocluster/gocluster/internal/group"
)

// Request asks a peer to do some work: so much of it, and Start for so many engines.
type Request struct {
	Work    Work `json:"work"`
	Size    int  `json:"size"`
	Engines int  `json:"engines"`
}

// answer answers a request, in seconds, things a second, bytes a second or parts of 1.
type answer struct {
	Figures map[Figure]float64 `json:"figures"`
	Version string             `json:"version"`
	Error   string             `json:"error"`
}

// The times that a peer may take.
const (
	patience = 4 * time.Minute // for a work
	farewell = 30 * time.Second
)

// Process is a peer that runs.
type Process struct {
	// Version is the peer's, once it has answered.
	Version string

	name    string
	cmd     *exec.Cmd
	dir     string
	in      io.WriteCloser
	answers chan answer
	said    *tail
	group   *group.Group
	ended   chan struct{}
}

// Launch runs a peer's program. It reads and writes nothing of the user's own: its home is a directory that is removed by Close.
func Launch(ctx context.Context, s Spec) (*Process, error) {
	if err := s.Installed(); err != nil {
		return nil, err
	}
	file, err := filepath.Abs(s.file)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "peer-")
	if err != nil {
		return nil, err
	}
	args := s.args
	if len(args) > 0 {
		name := filepath.Join(dir, "peers.py")
		if err := os.WriteFile(name, []byte(program), 0o600); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
		args = append([]string{name}, args...)
	}
	cmd := exec.Command(file, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "USERPROFILE="+dir, "PEER_DIR="+dir, "RAY_USAGE_STATS_ENABLED=0", "RAY_raylet_start_wait_time_s=120",
		"PATH="+filepath.Dir(file)+string(os.PathListSeparator)+os.Getenv("PATH"))
	p := &Process{name: s.Name, cmd: cmd, dir: dir, answers: make(chan answer), said: &tail{}, group: group.New(ctx), ended: make(chan struct{})}
	return p, p.start()
}

func (p *Process) start() error {
	p.cmd.Stderr = p.said
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return errors.Join(err, os.RemoveAll(p.dir))
	}
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(p.dir))
	}
	p.in = in
	p.cmd.WaitDelay = time.Second // what it leaves behind may keep standard error open
	return p.group.Go("answers", func(ctx context.Context) error {
		defer close(p.ended)
		for lines := json.NewDecoder(out); ; {
			var a answer
			if lines.Decode(&a) != nil {
				return nil // it has ended, or talks nonsense: there is no answer then
			}
			select {
			case p.answers <- a:
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Measure has the peer do some work. A peer whose error is [ErrGone] answers nothing any more.
func (p *Process) Measure(ctx context.Context, q Request) (map[Figure]float64, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrGone, p.said.last())
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-p.answers:
		if a.Error != "" {
			return nil, errors.New(a.Error)
		}
		p.Version = a.Version
		return a.Figures, nil
	case <-p.ended:
		return nil, fmt.Errorf("%w: %s", ErrGone, p.said.last())
	case <-timer.C:
		return nil, fmt.Errorf("%w: it did not answer within %v", ErrGone, patience)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ErrGone is wrapped by the error of a peer that is of no more use.
var ErrGone = errors.New("the peer is gone")

// Close ends the peer, with what it has started.
func (p *Process) Close() error {
	theirs, err := procs.Descendants(p.PID())
	timer := time.AfterFunc(farewell, func() {
		_ = p.cmd.Process.Kill()
		_ = procs.Kill(theirs)
	})
	defer timer.Stop()
	_ = p.in.Close()
	<-p.ended
	_ = p.cmd.Wait() // its work is done, whatever it says
	return errors.Join(err, p.group.Stop(), os.RemoveAll(p.dir))
}

// tail keeps the end of what a process says.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// maxTail bounds it.
const maxTail = 8 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if more := len(t.buf) - maxTail; more > 0 {
		t.buf = bytes.Clone(t.buf[more:])
	}
	return len(b), nil
}

// last is the last line.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
