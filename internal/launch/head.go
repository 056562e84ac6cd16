package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/ssh"
	"github.com/gocluster/gocluster/profiles"
)

// controllerProcess is a controller, here or on another host.
type controllerProcess interface {
	// over is closed when it has ended; clean and death then say how.
	over() <-chan struct{}
	clean() bool
	death() string
	// end asks it to end, and kills it if it does not.
	end(ctx context.Context)
}

// head is a controller on another host: an outpost there keeps it.
type head struct {
	o *outpost

	mu   sync.Mutex
	last Progress
	said chan Progress
}

func (h *head) over() <-chan struct{} { return h.o.Exited() }

func (h *head) clean() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last.Phase == Ended
}

func (h *head) death() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last.Text
}

func (h *head) end(ctx context.Context) { _ = h.o.Stop(ctx) } // what is left there is told by stop

// startHead starts the controller on its host, and has its connection files here as if it ran here.
func (c *Cluster) startHead(ctx context.Context, target string) error {
	r := &remote{c: c, host: ssh.New(sshConfig(c.cfg.Profile.Settings.SSH), target)}
	name := "controller on " + r.Name()
	say := func(p Progress) {
		if p.Text == "" {
			p.Text = string(p.Phase)
		}
		c.notice("%s: %s", name, indent(p.Text))
	}
	say(Progress{Phase: Connecting})
	facts, err := r.host.Probe(ctx)
	if err == nil {
		err = checkClock(facts.Ahead, say)
	}
	var program string
	if err == nil {
		program, err = r.install(ctx, facts, Engines{}, say)
	}
	if err != nil {
		_ = r.host.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	h := &head{said: make(chan Progress, 1)}
	o := c.order()
	o.Controller = true
	id := profiles.NewClusterID(c.cfg.Profile.Name)
	h.o = &outpost{r: r, program: program, dir: facts.Home + "/.gocluster/run/" + brief(id) + "-controller", order: o, tell: func(p Progress) { h.hear(c, name, p) }}
	say(Progress{Phase: Starting})
	if err := h.o.begin(); err != nil {
		return err
	}
	c.controller = h
	select {
	case p := <-h.said:
		if p.Phase != Ready {
			return fmt.Errorf("%s: %s", name, p.Text)
		}
		if err := c.adopt(p.Text, target); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		say(Progress{Phase: Ready})
		return nil
	case <-ctx.Done():
		return fmt.Errorf("starting the %s: %w", name, context.Cause(ctx))
	}
}

// hear takes what the outpost says of the controller.
func (h *head) hear(c *Cluster, name string, p Progress) {
	if p.Phase == Said {
		c.notice("%s: %s", name, p.Text)
		return
	}
	h.mu.Lock()
	h.last = p
	h.mu.Unlock()
	select {
	case h.said <- p:
	default: // it had started
	}
}

// adopt makes the connection files of a controller on another host the profile's.
func (c *Cluster) adopt(text, target string) error {
	var files []*profiles.ConnFile
	if err := json.Unmarshal([]byte(text), &files); err != nil || len(files) == 0 {
		return fmt.Errorf("it answers %q", firstLine(text))
	}
	for _, f := range files {
		f.Local = "" // it is the other host's
		f.Via = profiles.NewVia(target, c.cfg.Profile.Settings.SSH)
	}
	if err := c.cfg.Profile.AdoptConnections(files...); err != nil {
		return err
	}
	c.id = files[0].Cluster
	close(c.listens)
	return nil
}

// keepController is the life of an outpost that keeps a controller. Its profile is a folder in the outpost's.
func keepController(ctx context.Context, g *group.Group, dir string, o order, tell func(Progress)) error {
	p, err := profiles.At(filepath.Join(dir, "profile"))
	if err != nil {
		tell(Progress{Phase: Failed, Text: err.Error()})
		return err
	}
	log, err := os.OpenFile(filepath.Join(dir, outpostLog), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	o.Dir, o.Controller = p.Dir, false
	k, err := begin(g, controllerRole, role.Command(controllerRole, controllerRole, o.Name), log)
	if err == nil {
		err = k.order(o)
	}
	if err != nil {
		tell(Progress{Phase: Failed, Text: err.Error()})
		return err
	}
	for {
		select {
		case r, ok := <-k.reports:
			if !ok {
				<-k.exited
				tell(controllersEnd(k))
				return nil
			}
			if r.Event == listening {
				tell(connectionFiles(p))
			}
		case <-ctx.Done():
			k.end(context.WithoutCancel(ctx))
			tell(Progress{Phase: Ended})
			return nil
		}
	}
}

func controllersEnd(k *child) Progress {
	if k.clean() {
		return Progress{Phase: Ended}
	}
	return Progress{Phase: Failed, Text: k.death()}
}

// connectionFiles are a profile's as one who has started it over SSH needs them. They go into a file that is the user's alone, and
// through SSH.
func connectionFiles(p *profiles.Profile) Progress {
	var files []*profiles.ConnFile
	for _, r := range []proto.Role{proto.RoleEngineHost, proto.RoleClient} {
		f, err := p.Connection(r)
		if err != nil {
			return Progress{Phase: Failed, Text: err.Error()}
		}
		files = append(files, f)
	}
	text, err := json.Marshal(files)
	if err != nil {
		return Progress{Phase: Failed, Text: err.Error()}
	}
	return Progress{Phase: Ready, Text: string(text)}
}

// nearer returns an address of this machine or one that it reaches, at which connections get to the controller's address: that itself, or that of
// a relay through the host that the controller is on.
func (c *Cluster) nearer(ctx context.Context, conn *profiles.ConnFile, via *profiles.Via, addr string) (string, error) {
	err := greets(ctx, conn, addr)
	if err == nil || via == nil {
		return addr, err
	}
	through := *conn
	through.Via = via
	if err := greets(ctx, &through, addr); err != nil {
		return "", err
	}
	return c.relay(via, addr)
}

// relay listens on this machine's loopback and connects who comes to an address by way of a host, until the cluster ends.
func (c *Cluster) relay(via *profiles.Via, addr string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	err = c.group.Go("relay", func(context.Context) error {
		stop := context.AfterFunc(c.ending, func() { _ = l.Close() })
		defer stop()
		for {
			in, err := l.Accept()
			if err != nil {
				return nil // closed: the cluster has ended
			}
			_ = c.group.Go("relayed", func(context.Context) error { c.pass(in, via, addr); return nil }) // or the group has stopped
		}
	})
	if err != nil {
		return "", errors.Join(err, l.Close())
	}
	return l.Addr().String(), nil
}

// pass passes on what comes on a connection, both ways.
func (c *Cluster) pass(in net.Conn, via *profiles.Via, addr string) {
	defer in.Close()
	out, err := via.Dial(c.ending, addr)
	if err != nil {
		return // who comes finds the connection closed, and tries again
	}
	defer out.Close()
	stop := context.AfterFunc(c.ending, func() { _, _ = in.Close(), out.Close() })
	defer stop()
	back := group.New(context.Background())
	_ = back.Go("back", func(context.Context) error { _, _ = io.Copy(in, out); return in.Close() })
	_, _ = io.Copy(out, in)
	_ = out.Close()
	_ = back.Wait()
}
