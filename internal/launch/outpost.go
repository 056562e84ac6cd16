package launch

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
)

// An outpost is a process on another machine that keeps an engine host running there. It outlives the connection by which it was
// started, and has a folder:
//
//	keeper.pid   locked while it lives
//	progress     what becomes of the engines, a line of JSON each
//	log          what they log
//	ctl          a link to the socket of connections that go back through SSH, if the controller cannot be reached otherwise
//
// It is spoken to by this role with other verbs, over SSH: reach, attend, stop.
const outpostRole = "outpost"

// orphanTime is how long engines on other machines look for a controller that has gone before they end.
const orphanTime = 5 * time.Minute

// reachTime bounds how long a controller may take to answer at one of its addresses.
const reachTime = 3 * time.Second

// reachViaTime is reachTime where the connection goes through another host.
const reachViaTime = 12 * time.Second

// keeperTime bounds how long an outpost's process may take to be there.
const keeperTime = 10 * time.Second

// pulseStep is how often somebody who attends an outpost is told that nothing has happened.
const pulseStep = 2 * time.Second

// The files of an outpost's folder.
const (
	keeperFile   = "keeper.pid"
	progressFile = "progress"
	outpostLog   = "log"
	tunnelFile   = "ctl"
)

// reached is what an outpost's machine answers to whether it can reach the controller.
type reached struct {
	// Protocol is the version that the machine's gocluster speaks.
	Protocol int
	// Addr is the address that answered; empty: none did, and Why says why not.
	Addr string
	Why  []string
}

// attention is what somebody who attends an outpost wants.
type attention struct {
	// Order starts the outpost if it does not run and From is 0.
	Order order
	// From is how much of the progress is known.
	From int64
	// Tunnel is the socket in the folder by which connections go back now, empty if they need not.
	Tunnel string
}

// OutpostMain is what runs on other machines, but for the engine host itself.
func OutpostMain(ctx context.Context, args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "outpost: this process is started by gocluster, not by hand")
		return 2
	}
	verb, dir := args[0], args[1]
	var err error
	switch verb {
	case "reach":
		err = outpostReach(ctx, os.Stdin, os.Stdout)
	case "attend":
		err = outpostAttend(ctx, dir, os.Stdin, os.Stdout)
	case "keep":
		return obey(ctx, false, func(ctx context.Context, o order, _ *reporter) error { return outpostKeep(ctx, dir, o) })
	case "stop":
		err = outpostStop(ctx, dir)
	default:
		err = fmt.Errorf("outpost: there is no verb %q: use the same version of gocluster on both sides", verb)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// outpostReach finds out at which address the controller of a connection file can be reached from here.
func outpostReach(ctx context.Context, in io.Reader, out io.Writer) error {
	var conn profiles.ConnFile
	if err := json.NewDecoder(in).Decode(&conn); err != nil {
		return fmt.Errorf("reading the connection file: %w", err)
	}
	answer := reached{Protocol: proto.Version}
	for _, addr := range conn.Addrs {
		err := greets(ctx, &conn, addr)
		if err == nil {
			answer.Addr = addr
			break
		}
		answer.Why = append(answer.Why, err.Error())
	}
	return json.NewEncoder(out).Encode(answer)
}

// greets connects to an address as far as it takes to know that the cluster's controller listens there.
func greets(ctx context.Context, conn *profiles.ConnFile, addr string) error {
	cfg, err := conn.ClientTLS()
	if err != nil {
		return err
	}
	most := reachTime
	if conn.Via != nil {
		most = reachViaTime
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	c, err := dialOf(conn)(ctx, addr)
	if err != nil {
		return fmt.Errorf("%s: %w", addr, err)
	}
	defer c.Close()
	if err := tls.Client(c, cfg).HandshakeContext(ctx); err != nil {
		return fmt.Errorf("%s: %w", addr, err)
	}
	return nil
}

// dialOf is how connections to a file's controller are made.
func dialOf(conn *profiles.ConnFile) func(ctx context.Context, addr string) (net.Conn, error) {
	if conn.Via != nil {
		return conn.Via.Dial
	}
	return dialAddr
}

// unixPrefix marks addresses that are Unix sockets.
const unixPrefix = "unix:"

// dialTime bounds how long one address may take: one that cannot be reached from here must not cost the time of all.
const dialTime = 4 * time.Second

// dialAddr connects to a controller's address.
func dialAddr(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTime}
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		return d.DialContext(ctx, "unix", path)
	}
	return d.DialContext(ctx, "tcp", addr)
}

// outpostAttend tells what becomes of an outpost's engines until they have ended for good, or until who attends goes. It starts the outpost first,
// if it is not there.
func outpostAttend(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	text, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("outpost: no order: %w", err)
	}
	var a attention
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("outpost: %w: use the same version of gocluster on both sides", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g := group.New(ctx)
	// The reader ends with the input, or with the process: nothing waits for it.
	if err := g.Go("attention", func(context.Context) error { _, _ = io.Copy(io.Discard, lines); cancel(); return nil }); err != nil {
		return err
	}
	if a.Tunnel != "" {
		if err := switchTunnel(dir, a.Tunnel); err != nil {
			return err
		}
	}
	if a.From == 0 && holder(filepath.Join(dir, keeperFile)) == 0 {
		if err := outpostStart(ctx, dir, a.Order); err != nil {
			return err
		}
	}
	return stream(ctx, dir, a.From, out)
}

// switchTunnel makes a socket the one that engines find, and removes those before it.
func switchTunnel(dir, name string) error {
	link := filepath.Join(dir, tunnelFile)
	fresh := link + ".new"
	_ = os.Remove(fresh) // of one who was interrupted here
	if err := os.Symlink(name, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, link); err != nil {
		return err
	}
	old, err := filepath.Glob(link + "-*")
	if err != nil {
		return err
	}
	for _, path := range old {
		if filepath.Base(path) != name {
			_ = os.Remove(path) // who listens there is at the end of a broken connection
		}
	}
	return nil
}

// outpostStart starts an outpost.
func outpostStart(ctx context.Context, dir string, o order) error {
	if err := os.RemoveAll(filepath.Join(dir, progressFile)); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(dir, outpostLog), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := role.Detached(outpostRole, "keep", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the engines' keeper: %w", err)
	}
	line, err := json.Marshal(o)
	if err == nil {
		_, err = in.Write(append(line, '\n'))
	}
	if err = errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("starting the engines' keeper: %w", err)
	}
	deadline := time.Now().Add(keeperTime)
	for {
		if _, err := os.Stat(filepath.Join(dir, progressFile)); err == nil {
			return cmd.Process.Release()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the engines' keeper does not start: see %s", log.Name())
		}
		select {
		case <-time.After(lookStep):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stream copies an outpost's progress until it ends, with an empty line now and then, so that a broken connection is noticed.
func stream(ctx context.Context, dir string, from int64, out io.Writer) error {
	f, err := os.Open(filepath.Join(dir, progressFile))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err
	}
	pulse := time.NewTicker(pulseStep)
	defer pulse.Stop()
	for {
		over := holder(filepath.Join(dir, keeperFile)) == 0 // before what it has said last is read
		if _, err := io.Copy(out, f); err != nil || over {
			return err
		}
		select {
		case <-time.After(tailStep):
		case <-pulse.C:
			if _, err := out.Write([]byte("\n")); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// outpostKeep is an outpost's life.
func outpostKeep(ctx context.Context, dir string, o order) error {
	held, err := hold(filepath.Join(dir, keeperFile))
	if err != nil {
		return fmt.Errorf("noting that engines run: %w", err)
	}
	defer func() { _ = held.release() }()
	// Where it is, the outpost was there: it comes after the lock.
	progress, err := os.OpenFile(filepath.Join(dir, progressFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer progress.Close()
	tell := func(p Progress) {
		if line, err := json.Marshal(p); err == nil {
			_, _ = progress.Write(append(line, '\n'))
		}
	}
	g := group.New(ctx)
	if o.Controller {
		return keepController(ctx, g, dir, o, tell)
	}
	begin := func() (*child, error) {
		log, err := os.OpenFile(filepath.Join(dir, outpostLog), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, err
		}
		return begin(g, hostRole, role.Command(hostRole, hostRole, o.Name), log)
	}
	first, err := begin()
	if err != nil {
		tell(Progress{Phase: Failed, Text: err.Error()})
		return err
	}
	p, err := keep(g, first, &kept{order: o, restart: o.Restart, tell: tell, log: filepath.Join(dir, outpostLog), another: begin})
	if err != nil {
		return err
	}
	select {
	case <-p.Exited():
	case <-ctx.Done():
		_ = p.Stop(context.WithoutCancel(ctx))
	}
	return nil
}

// outpostStop ends an outpost and removes its folder, and that of all outposts if it is empty then.
func outpostStop(ctx context.Context, dir string) error {
	path := filepath.Join(dir, keeperFile)
	deadline := time.Now().Add(signalTime)
	for asked := false; ; {
		pid := holder(path)
		if pid == 0 {
			break
		}
		if !asked {
			_ = terminate(pid) // it may have ended just now
			asked = true
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d does not end; `kill -9` ends it", pid)
		}
		select {
		case <-time.After(lookStep):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_ = os.Remove(filepath.Dir(dir)) // if it is the last
	return nil
}
