package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// lookTimeout bounds how long a controller may take to accept a connection before it counts as not there.
const lookTimeout = 2 * time.Second

// State says whether a profile's cluster runs.
type State struct {
	Running bool
	// Stale says that it does not run, but that files of one that was killed are there.
	Stale bool
	// PID, Host, Addr and Started are the controller's, Cluster the cluster's name.
	PID        int
	Host, Addr string
	Cluster    string
	Started    time.Time
}

func (s State) String() string {
	switch {
	case s.Running:
		return fmt.Sprintf("running since %s (controller %d on %s, %s)", s.Started.Local().Format("2006-01-02 15:04:05"), s.PID, s.Host, s.Addr)
	case s.Stale:
		return "not running (its controller died; the files it left are replaced at the next start)"
	}
	return "not running"
}

// Running finds out whether a profile's cluster runs: its controller's process is alive, where that can be seen from here, and
// accepts connections.
func Running(ctx context.Context, p *profiles.Profile) State {
	conn, err := p.Connection(proto.RoleClient)
	if errors.Is(err, profiles.ErrNotRunning) {
		return State{}
	}
	if err != nil {
		return State{Stale: true}
	}
	s := State{PID: conn.PID, Host: conn.Host, Addr: conn.Addrs[0], Cluster: conn.Cluster, Started: conn.Started}
	host, err := os.Hostname()
	here := err == nil && host == conn.Host
	s.Running = (!here || holder(pidPath(p, controllerName)) == conn.PID) && answers(ctx, conn) == nil
	s.Stale = !s.Running
	return s
}

// answers tries to connect to a controller.
func answers(ctx context.Context, conn *profiles.ConnFile) error {
	var errs []error
	for _, addr := range conn.Addrs {
		if conn.Via != nil { // that something answers is known when it has said something
			err := greets(ctx, conn, addr)
			if err == nil {
				return nil
			}
			errs = append(errs, err)
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, lookTimeout)
		c, err := dialAddr(ctx, addr)
		cancel()
		if err == nil {
			return c.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// The steps of StopRunning: how long the controller may take to end the cluster, how long processes may take that were asked to
// end one by one, and how often it is looked.
const (
	shutdownTime = 6 * time.Second
	signalTime   = 12 * time.Second
	lookStep     = 20 * time.Millisecond
)

// StopRunning ends a profile's running cluster, whoever started it, and returns when its processes on this machine have ended.
func StopRunning(ctx context.Context, p *profiles.Profile) error {
	s := Running(ctx, p)
	pids := holders(p)
	if !s.Running && len(pids) == 0 {
		if _, err := os.Stat(recordsPath(p)); err == nil {
			return errors.Join(endLeft(ctx, p), p.RemoveConnections(s.Cluster))
		}
		err := p.RemoveConnections(s.Cluster)
		return errors.Join(fmt.Errorf("no cluster of profile %s is running", p.Name), err)
	}
	var asked error
	if s.Running {
		asked = shutdown(ctx, p)
	}
	if asked != nil || !s.Running || !gone(ctx, p, shutdownTime) {
		for _, pid := range holders(p) {
			_ = terminate(pid) // it may have ended just now
		}
	}
	if !gone(ctx, p, signalTime) {
		return errors.Join(fmt.Errorf("processes %v of profile %s do not end; `kill -9` ends them", holders(p), p.Name), asked, ctx.Err())
	}
	return errors.Join(endLeft(ctx, p), p.RemoveConnections(s.Cluster))
}

// gone waits until no process of the profile is left here.
func gone(ctx context.Context, p *profiles.Profile, most time.Duration) bool {
	deadline := time.Now().Add(most)
	for len(holders(p)) > 0 {
		select {
		case <-time.After(lookStep):
		case <-ctx.Done():
			return false
		}
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// farewell is a client that only wants to know when the controller has gone.
type farewell struct{ over chan struct{} }

func (f farewell) Up(proto.Welcome)      {}
func (f farewell) Message(proto.Message) {}
func (f farewell) Down(_ error, final bool) {
	if final {
		close(f.over)
	}
}

// shutdown asks the controller to end the cluster.
func shutdown(ctx context.Context, p *profiles.Profile) error {
	conn, err := p.Connection(proto.RoleClient)
	if err != nil {
		return err
	}
	tls, err := conn.ClientTLS()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, shutdownTime)
	defer cancel()
	f := farewell{make(chan struct{})}
	l, err := link.Dial(ctx, link.DialConfig{
		Addrs: conn.Addrs, Local: conn.Local, TLS: tls, Role: proto.RoleClient, Name: "gocluster stop", Handler: f, GiveUp: time.Millisecond, DialFunc: dialOf(conn),
	})
	if err != nil {
		return err
	}
	err = l.SendWait(ctx, &proto.Shutdown{})
	if err == nil {
		select {
		case <-f.over:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	_ = l.Close("done") // the other side has closed already
	return err
}
