package launch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/role"
)

// outpost is an outpost as who started it sees it.
type outpost struct {
	r       *remote
	tell    func(Progress)
	program string // there
	dir     string // there
	order   order
	forward string // the controller's address that connections go back to through SSH; empty: they need not

	tunnels  int   // how many times they have gone back by a socket
	from     int64 // how much of its progress is known
	ended    bool  // it has said that the engines have ended for good
	cancel   context.CancelFunc
	stopping sync.Mutex
	stopped  bool // guarded by stopping
	exited   chan struct{}
}

// The pauses between tries to attend an outpost again, and how long a connection that shows no life is believed in.
const (
	attendPause   = 300 * time.Millisecond
	attendLonger  = 5 * time.Second
	attendSilence = 5 * pulseStep
)

// unreachableTime bounds the tries to end an outpost whose host does not answer.
const unreachableTime = 8 * time.Second

func (o *outpost) Exited() <-chan struct{} { return o.exited }

func (o *outpost) begin() error {
	var ctx context.Context
	ctx, o.cancel = context.WithCancel(context.Background())
	o.exited = make(chan struct{})
	return o.r.c.group.Go("outpost on "+o.r.Name(), func(context.Context) error {
		defer close(o.exited)
		o.attend(ctx)
		return nil
	})
}

// attend hears what becomes of the engines, over one connection after the other, until they have ended.
func (o *outpost) attend(ctx context.Context) {
	pause, broken := attendPause, false
	for {
		err := o.attendOnce(ctx, func() {
			if broken {
				o.tell(Progress{Text: "connected again"})
			}
			pause, broken = attendPause, false
		})
		switch {
		case o.ended || ctx.Err() != nil:
			return
		case err == nil: // the outpost has ended without a word
			o.tell(Progress{Phase: Failed, Text: "the engines' keeper has died" + o.lastWords(ctx)})
			return
		case o.from == 0:
			o.tell(Progress{Phase: Failed, Text: err.Error()})
			return
		case !broken:
			broken = true
			o.tell(Progress{Text: fmt.Sprintf("the connection to it broke: %v; trying again", firstLine(err.Error()))})
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, attendLonger)
	}
}

// attendOnce attends the outpost over one connection; alive is called when it answers. A nil error says that the outpost has ended.
func (o *outpost) attendOnce(ctx context.Context, alive func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := o.verb(ctx, "attend")
	if o.forward != "" {
		o.tunnels++
		cmd = o.r.host.Forwarding(ctx, o.dir+"/"+o.tunnel(), o.forward, o.env(), o.program, "attend", o.dir)
		if err := o.makeFolder(ctx); err != nil {
			return err
		}
	}
	line, err := json.Marshal(attention{Order: o.order, From: o.from, Tunnel: o.tunnel()})
	if err != nil {
		return err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return o.explain(ctx, err, "")
	}
	// An error shows as the end of what it says.
	_, _ = in.Write(append(line, '\n'))
	silent := time.AfterFunc(2*attendSilence, func() { cancel(errors.New("it shows no sign of life")) })
	defer silent.Stop()
	lines := bufio.NewReader(out)
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		silent.Reset(attendSilence)
		alive()
		o.hear(text)
	}
	err = cmd.Wait()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil {
		return nil
	}
	return o.explain(ctx, err, said.String())
}

// tunnel names the socket that connections go back by; empty: none. Each SSH connection has one of its own: the one before may be held there by an
// end of a connection that nobody has told that it broke.
func (o *outpost) tunnel() string {
	if o.tunnels == 0 {
		return ""
	}
	return fmt.Sprintf("%s-%d", tunnelFile, o.tunnels)
}

func (o *outpost) env() []string { return []string{role.Env + "=" + outpostRole} }

// makeFolder makes the folder of the socket for connections that go back, which is there before what runs in it.
func (o *outpost) makeFolder(ctx context.Context) error {
	_, err := o.r.host.Shell(ctx, "umask 077; mkdir -p "+o.dir)
	return err
}

// hear takes a line of the outpost's progress; an empty one is a sign of life.
func (o *outpost) hear(line []byte) {
	if len(line) == 1 {
		return
	}
	o.from += int64(len(line))
	var p Progress
	if json.Unmarshal(line, &p) != nil {
		p = Progress{Text: strings.TrimSpace(string(line))}
	}
	o.ended = p.Phase == Ended || p.Phase == Failed
	o.tell(p)
}

// lastWords is the end of the outpost's log, for a message.
func (o *outpost) lastWords(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, unreachableTime)
	defer cancel()
	var b bytes.Buffer
	if err := o.Log(ctx, &b, 5, false); err != nil || b.Len() == 0 {
		return ""
	}
	return ":\n" + strings.TrimSpace(b.String())
}

// Stop ends the outpost with its engines and removes its folder. Where it could not, it may be tried again.
func (o *outpost) Stop(ctx context.Context) error {
	o.stopping.Lock()
	defer o.stopping.Unlock()
	if o.stopped {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, unreachableTime, fmt.Errorf("no answer within %v", unreachableTime))
	defer cancel()
	err := o.end(ctx)
	o.stopped = err == nil
	o.cancel()
	<-o.exited
	_ = o.r.host.Close()
	return err
}

func (o *outpost) end(ctx context.Context) error {
	cmd := o.verb(ctx, "stop")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("its engines could not be ended; they end by themselves %s after the controller, and `gocluster stop` tries again: %w", span(orphanTime), o.explain(ctx, err, said.String()))
	}
	return nil
}
