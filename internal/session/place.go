package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
)

// Place is where a session's code runs: what os.Getwd and os.Environ say there.
type Place struct {
	Dir string
	Env []string
}

// Getenv is the value of an environment variable.
func (p Place) Getenv(name string) (value string, ok bool) {
	for _, e := range p.Env {
		if n, v, _ := strings.Cut(e, "="); n == name {
			return v, true
		}
	}
	return "", false
}

// placeRequest changes the process's working directory and environment, where fields are set, and asks for both.
type placeRequest struct {
	Seq         int
	Dir         string
	Name, Value string
	Unset       bool
}

// Place says where the session's code runs.
func (s *Session) Place(ctx context.Context) (Place, error) { return s.move(ctx, placeRequest{}) }

// Chdir changes the working directory. A directory that is not absolute is taken from the present one.
func (s *Session) Chdir(ctx context.Context, dir string) (Place, error) {
	return s.move(ctx, placeRequest{Dir: dir})
}

// Setenv sets an environment variable.
func (s *Session) Setenv(ctx context.Context, name, value string) error {
	_, err := s.move(ctx, placeRequest{Name: name, Value: value})
	return err
}

// Unsetenv removes an environment variable.
func (s *Session) Unsetenv(ctx context.Context, name string) error {
	_, err := s.move(ctx, placeRequest{Name: name, Unset: true})
	return err
}

// move asks the process, and remembers what has changed for the one that may take its place.
func (s *Session) move(ctx context.Context, r placeRequest) (Place, error) {
	if err := s.take(ctx); err != nil {
		return Place{}, err
	}
	defer s.give()
	ctx, stop := s.running(ctx)
	defer stop()
	r.Seq = s.next()
	d, err := s.current().do(ctx, &request{Place: &r}, r.Seq)
	switch {
	case err != nil:
		return Place{}, s.lost(ctx, err)
	case d.Failure != nil:
		return Place{}, d.Failure.cellError()
	case d.Place == nil:
		return Place{}, errors.New("the session's process does not say where it is")
	}
	if r.Dir != "" {
		s.opts.Dir = d.Place.Dir
		if err := s.tiers.work(ctx, s.opts.Dir); err != nil {
			return *d.Place, err
		}
	}
	if r.Name != "" {
		s.opts.Env = without(s.opts.Env, []string{r.Name})
		s.opts.unset = slices.DeleteFunc(slices.Clone(s.opts.unset), func(name string) bool { return name == r.Name })
		if r.Unset {
			s.opts.unset = append(s.opts.unset, r.Name)
		} else {
			s.opts.Env = append(s.opts.Env, r.Name+"="+r.Value)
		}
		s.tiers.setenv(r)
	}
	return *d.Place, nil
}

// without is an environment without some variables.
func without(env, names []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.Contains(names, name)
	})
}

// Peek is a short text of the value of a variable, given its name in lowered code (gocode.Decl). No code of the user's runs for it; it
// is not known while other code runs.
func (s *Session) Peek(low string) (text string, known bool) { return s.peek(low) }

// place answers a placeRequest, in the child.
func (p *process) place(r *placeRequest) *done {
	var err error
	switch {
	case r.Dir != "":
		err = os.Chdir(r.Dir)
	case r.Unset:
		err = os.Unsetenv(r.Name)
	case r.Name != "":
		err = os.Setenv(r.Name, r.Value)
	}
	var at Place
	if err == nil {
		at.Dir, err = os.Getwd()
	}
	if err != nil {
		return &done{Seq: r.Seq, Failure: &failure{Kind: proto.KindUser, Name: fmt.Sprintf("%T", err), Message: err.Error()}}
	}
	at.Env = os.Environ()
	return &done{Seq: r.Seq, Place: &at}
}

// Program is the session as one Go program: its declarations, and the statements of the cells that have succeeded. notes say what
// is left out.
func (s *Session) Program() (text string, notes []string, err error) {
	s.front.Lock()
	defer s.front.Unlock()
	return s.code.Program()
}
