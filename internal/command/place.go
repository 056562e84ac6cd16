package command

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/profiles"
)

// open makes the engines of a place be there. env tells a session's clients where they are.
func (p place) open(ctx context.Context) (env []string, stop func() error, err error) {
	nothing := func() error { return nil }
	switch {
	case p.profileGiven:
		env, err := profileEnv(p.profile)
		if err != nil {
			return nil, nil, err
		}
		if os.Getenv(client.SSHEnv) != "" {
			return env, nothing, nil // the host knows whether it runs
		}
		if _, err := profiles.ClientConnection(p.profile); err != nil {
			return nil, nil, err
		}
		return env, nothing, nil
	case p.n == 0:
		return nil, nothing, nil
	}
	cl, err := launch.Embedded(ctx, p.n)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot start %d engines: %w", p.n, err)
	}
	return []string{profiles.ConnectionEnv + "=" + cl.ConnectionFile()}, func() error {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return cl.Stop(stopCtx)
	}, nil
}

// openSession starts a session and, where place asks for it, a cluster for it; close ends both.
func openSession(ctx context.Context, p place, dir string) (s *session.Session, close func() error, err error) {
	env, stopCluster, err := p.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err = session.Start(ctx, session.Options{Env: env, Dir: dir, Stdin: true, Code: code(), Tier: session.Tier(p.tier)})
	if err != nil {
		return nil, nil, errors.Join(err, stopCluster())
	}
	conn.CellModules(s.Modules) // %px is of this process
	return s, func() error { return errors.Join(s.Close(), stopCluster()) }, nil
}

// evaluate runs one cell in a session of its own and returns its value as text.
func evaluate(ctx context.Context, src string) (string, error) {
	s, err := session.Start(ctx, session.Options{Code: code()})
	if err != nil {
		return "", err
	}
	defer s.Close()
	res, err := s.Execute(ctx, gocode.Cell{N: 1, Name: "In[1]", Source: src, Line: 1}, discard{})
	if err != nil {
		return "", err
	}
	if res.Value == nil {
		return "", errors.New("the cell has no value")
	}
	return plain(*res.Value), nil
}

// discard is an output that nobody sees.
type discard struct{}

func (discard) Stdout(string)        {}
func (discard) Stderr(string)        {}
func (discard) Display(session.Data) {}
func (discard) Clear(bool)           {}

func (discard) Input(string, bool) (string, error) {
	return "", errors.New("nobody is there to answer")
}
