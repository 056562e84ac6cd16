package launch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/ssh"
	"github.com/gocluster/gocluster/profiles"
)

// Finding is what Check has found out about a machine.
type Finding struct {
	// Set and Machine name it.
	Set, Machine string
	// Text says what it is like, Notes what one should know, Err why no engines would run there.
	Text  string
	Notes []string
	Err   error
}

// checker is a machine that can be tried without starting anything.
type checker interface {
	check(ctx context.Context, e Engines) Finding
}

// Check tries every machine of a profile's engine sets, and starts nothing there.
func Check(ctx context.Context, p *profiles.Profile) ([]Finding, error) {
	c := newCluster(Config{Profile: p})
	placed, err := c.place()
	if err != nil {
		return nil, err
	}
	found := make([]Finding, len(placed))
	g := group.New(ctx)
	var mu sync.Mutex
	for i, m := range placed {
		err := g.Go("check of "+m.On.Name(), func(ctx context.Context) error {
			f := Finding{Text: "cannot be tried without starting something"}
			if k, ok := m.On.(checker); ok {
				f = k.check(ctx, m.Engines)
			}
			f.Set, f.Machine = m.Set, m.On.Name()
			mu.Lock()
			defer mu.Unlock()
			found[i] = f
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, g.Wait()
}

func (h here) check(ctx context.Context, e Engines) Finding {
	platform, _ := h.Platform(ctx) // it is known
	f := Finding{Text: platform + ", " + e.described()}
	if out, err := h.Command(ctx, e.Dir, nil, "pwd").CombinedOutput(); err != nil {
		f.Err = fmt.Errorf("the profile's dir %s: %w %s", e.Dir, err, out)
	}
	return f
}

// checkScript says whether gocluster could be kept and run there, and how much room there is; it changes nothing that stays.
const checkScript = "umask 077; mkdir -p ~/.gocluster/bin && t=~/.gocluster/bin/.new.$$ && echo '#!/bin/sh' > $t && chmod +x $t && " +
	"{ $t; s=$?; rm $t; [ $s = 0 ] || exit $s; } && df -Pk ~/.gocluster | tail -1"

// roomNeeded is the room that gocluster needs on a host, in KiB.
const roomNeeded = 100 << 10

func (r *remote) check(ctx context.Context, e Engines) (f Finding) {
	defer func() { _ = r.host.Close() }()
	facts, err := r.host.Probe(ctx)
	if err != nil {
		f.Err = err
		return f
	}
	f.Text = fmt.Sprintf("%s, calls itself %s, %s", facts.Platform(), facts.Name, e.described())
	f.Err = checkClock(facts.Ahead, func(p Progress) { f.Notes = append(f.Notes, p.Text) })
	if f.Err == nil && e.Program == "" {
		f.Err = r.checkRoom(ctx, facts, &f)
	}
	if f.Err == nil && e.Program != "" {
		o := &outpost{r: r, program: strings.Replace(e.Program, "~/", facts.Home+"/", 1), dir: "-"}
		_, f.Err = o.reach(ctx, &profiles.ConnFile{})
	}
	if f.Err == nil && r.c.loopback() {
		f.Err = r.host.CheckForwarding(ctx, facts.Home+"/.gocluster/check")
	}
	if f.Err == nil && e.Dir != "" {
		if err := r.host.Command(ctx, e.Dir, nil, "true").Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
			f.Err = fmt.Errorf("there is no directory %s, which the profile gives as dir", e.Dir)
		}
	}
	return f
}

// checkRoom looks whether gocluster could be brought there.
func (r *remote) checkRoom(ctx context.Context, facts ssh.Facts, f *Finding) error {
	exe, err := r.c.executables.forHost(ctx, facts)
	if err != nil {
		return err
	}
	there, err := r.has(ctx, exe.on(facts))
	if err != nil {
		return err
	}
	out, err := r.host.Shell(ctx, checkScript)
	if err != nil {
		return err
	}
	var free int64
	if fields := strings.Fields(out); len(fields) > 3 {
		_, _ = fmt.Sscan(fields[3], &free)
	}
	switch {
	case there:
		f.Text += ", gocluster is there"
	case free > 0 && free < roomNeeded:
		return &ssh.Error{Host: r.Name(), Kind: ssh.DiskFull, Said: fmt.Sprintf("%d MB are free", free>>10), Do: ssh.RoomAdvice}
	default:
		f.Text += fmt.Sprintf(", gocluster would be copied there (%d MB)", exe.size>>20)
	}
	return nil
}

// loopback reports whether the controller listens where only its own machine reaches it, so that others need the way back through SSH.
func (c *Cluster) loopback() bool {
	ip, err := netip.ParseAddr(c.cfg.Profile.Settings.Controller.IP)
	return err == nil && ip.IsLoopback()
}
