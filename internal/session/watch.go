package session

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/session/host"
)

const (
	// insists is how long an interrupted cell may take to end before loops that call nothing are ended, whosever they are; caught is
	// for how long that is so: what runs afterwards, deferred functions above all, may have such loops again.
	insists = 50 * time.Millisecond
	caught  = 5 * time.Millisecond
	// comesBack is how long it may take before it is looked at.
	comesBack = 250 * time.Millisecond
	// looks is how often it is looked at then.
	looks = 40 * time.Millisecond
)

// watch sees to it that an interrupted cell is answered: if the goroutine of its statements waits for something, the cell is abandoned.
// If it runs, it is in compiled code of a package, and the parent's patience decides.
func (p *process) watch(c *cell) {
	select {
	case <-c.ended:
	case <-time.After(insists):
	}
	p.insist(c)
	select {
	case <-c.ended:
	case <-time.After(comesBack - insists):
		p.abandonIfWaiting(c)
	}
	// Goroutines that wait will find out when they wake; while others run, they have to be told.
	for pause := looks; c.isStopping(); pause = min(2*pause, time.Second) {
		if !p.insist(c) {
			c.stopped(false)
			return
		}
		time.Sleep(pause)
	}
}

// insist ends loops that call nothing if any goroutine of the cell runs, and reports whether one did. It does not while another cell runs
// that was not interrupted, whose loops would end, too, and none begins meanwhile.
func (p *process) insist(c *cell) bool {
	if !anyRuns(dump(), c.seq) {
		return false
	}
	p.running.Lock()
	defer p.running.Unlock()
	if !p.running.allInterrupted() {
		return true
	}
	host.Ending.Add(1)
	time.Sleep(caught)
	host.Ending.Add(-1)
	return true
}

// abandonIfWaiting returns when the cell's goroutine has ended, or waits at the same place for two looks.
func (p *process) abandonIfWaiting(c *cell) {
	tick := time.NewTicker(looks)
	defer tick.Stop()
	last := "" // where it waited at the last look
	insisted := time.Now()
	for {
		at, waits := dump().find(c.goroutine.Load())
		if waits && at == last {
			close(c.abandoned)
			return
		}
		last = at
		if time.Since(insisted) > graceful {
			p.insist(c)
			insisted = time.Now()
		}
		select {
		case <-c.ended:
			return
		case <-tick.C:
		}
	}
}

// stacks is a dump of all goroutines' stacks, with their labels.
type stacks []byte

// maxDump bounds the dump.
const maxDump = 64 << 20

// dump stops all goroutines for a moment.
func dump() stacks {
	// The runtime looks at this setting whenever it changes.
	const setting = "GODEBUG"
	old, had := os.LookupEnv(setting)
	_ = os.Setenv(setting, strings.TrimPrefix(old+",tracebacklabels=1", ","))
	defer func() {
		if had {
			_ = os.Setenv(setting, old)
		} else {
			_ = os.Unsetenv(setting)
		}
	}()
	for size := 1 << 20; ; size *= 4 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= maxDump {
			return buf[:n]
		}
	}
}

// header is the first line of a goroutine: its number, and what it is doing.
var header = regexp.MustCompile(`^goroutine (\d+)[^\[]*\[([^\],]*)`)

// each calls f for each goroutine until it returns false.
func (s stacks) each(f func(id uint64, state, first, rest string) bool) {
	for block := range bytes.SplitSeq(s, []byte("\n\n")) {
		first, rest, _ := strings.Cut(string(block), "\n")
		m := header.FindStringSubmatch(first)
		if m == nil {
			continue
		}
		id, _ := strconv.ParseUint(m[1], 10, 64)
		state, _, _ := strings.Cut(m[2], " labels:")
		if !f(id, strings.TrimSpace(state), first, rest) {
			return
		}
	}
}

// find returns where a goroutine is, and whether it waits.
func (s stacks) find(id uint64) (at string, waits bool) {
	s.each(func(n uint64, state, _, rest string) bool {
		if n == id {
			at, waits = rest, waiting(state)
		}
		return n != id
	})
	return at, waits
}

// anyRuns reports whether any goroutine of a request does not wait.
func anyRuns(s stacks, seq int) (runs bool) {
	label := fmt.Sprintf("%q: %q", requestLabel, strconv.Itoa(seq))
	s.each(func(_ uint64, state, first, _ string) bool {
		runs = runs || strings.Contains(first, label) && !waiting(state)
		return !runs
	})
	return runs
}

// waiting tells states in which a goroutine does nothing from those in which it works, though it may pause for the runtime.
func waiting(state string) bool {
	switch {
	case state == "running", state == "runnable", state == "preempted", state == "copystack", state == "waiting", strings.HasPrefix(state, "GC "), strings.HasPrefix(state, "running"):
		return false
	}
	return true
}

// goroutineID returns the calling goroutine's number.
func goroutineID() uint64 {
	buf := make([]byte, 64)
	buf = buf[:runtime.Stack(buf, false)]
	if m := header.FindSubmatch(buf); m != nil {
		n, _ := strconv.ParseUint(string(m[1]), 10, 64)
		return n
	}
	return 0
}
