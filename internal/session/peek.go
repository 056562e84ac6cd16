package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/render"
	"github.com/gocluster/gocluster/internal/session/host"
)

// peekRequest asks what a variable holds. No code of the user's is run for the answer.
type peekRequest struct {
	Seq int
	Var string
}

// maxPeek is about the length of what is said of a variable's value.
const maxPeek = 400

// Inspect describes what is at a cursor; more so at level 1. If nothing is running, a variable's description has its value.
func (s *Session) Inspect(src string, cursor, level int) (gocode.Info, bool) {
	s.front.Lock()
	info, ok := s.code.Inspect(src, cursor, level)
	s.front.Unlock()
	if !ok || info.Low == "" {
		return info, ok
	}
	if value, ok := s.peek(info.Low); ok {
		return info.With("value", value), true
	}
	return info, true
}

// readyKit returns what compiles cells if it is there already; nobody who types is to wait for it.
func (s *Session) readyKit() *native.Kit {
	t := &s.tiers
	t.mu.Lock()
	found := t.found
	t.mu.Unlock()
	if found == nil || t.runs() == TierInterpreted {
		return nil
	}
	select {
	case <-found:
	default:
		return nil
	}
	if k, err := s.theKit(); err == nil && k.Ready() {
		return k
	}
	return nil
}

// docOf gives the front end comments of packages of modules.
func (s *Session) docOf(path, name string) string {
	if k := s.readyKit(); k != nil {
		return k.Doc(path, name)
	}
	return ""
}

// pathsOf gives the front end packages of modules that may be imported.
func (s *Session) pathsOf(prefix string) []string {
	if k := s.readyKit(); k != nil {
		return k.Paths(prefix)
	}
	return nil
}

// Dir is the working directory of the session's process, as far as that can be known without waiting for what runs.
func (s *Session) Dir() string {
	if dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", s.PID())); err == nil {
		return dir
	}
	if len(s.turn) > 0 { // nothing runs
		if at, err := s.Place(context.Background()); err == nil {
			return at.Dir
		}
	}
	return "."
}

// peek asks the child for a variable's value, unless something else has the turn.
func (s *Session) peek(low string) (string, bool) {
	select {
	case <-s.closed:
		return "", false
	case <-s.turn:
	default:
		return "", false
	}
	defer s.give()
	seq := s.next()
	d, err := s.current().do(context.Background(), &request{Peek: &peekRequest{Seq: seq, Var: low}}, seq)
	if err != nil {
		if errors.Is(err, errDied) {
			reason := s.current().reason
			names, failed := s.replace(context.Background())
			s.leaveNotice(reason, names, failed)
		}
		return "", false
	}
	if d.Failure != nil || d.Value == nil {
		return "", false
	}
	v, err := d.Value.data()
	if err != nil {
		return "", false
	}
	text, ok := v.MIME[render.TextPlain].(string)
	return text, ok
}

// peek answers a peekRequest, in the child.
func (p *process) peek(r *peekRequest) (fail *failure) {
	// A goroutine of the user's may be changing what is looked at.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			fail = &failure{Name: "ValueError", Message: fmt.Sprint(v)}
		}
	}()
	v, ok := host.LookupVar(r.Var)
	if !p.native {
		var err error
		v, err = p.cells.Var(r.Var)
		ok = err == nil
	}
	if !ok {
		return &failure{Name: "ValueError", Message: "there is no such variable"}
	}
	text := render.Short(v, maxPeek)
	p.note(func(d *done) { d.Value = encode(host.Data{MIME: map[string]any{render.TextPlain: text}}) })
	return nil
}
