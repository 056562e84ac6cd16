package views

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/labelled"
	"github.com/gocluster/gocluster/internal/session/host"
)

// under shows under a cell what a job's tasks print and display, up to some rate: what comes faster is withheld, and the cell is told where
// all of it is. Its methods may be called of nil, which shows nothing.
type under struct {
	conn *conn.Conn
	to   host.Screen
	out  *labelled.Writer

	mu       sync.Mutex
	queue    []func()
	going    bool          // somebody shows what is queued
	idle     chan struct{} // closed when nobody does any more
	used     bool
	text     budget                 // in bytes
	lines    budget                 // of text
	shows    budget                 // of displays
	cut      map[cutOff]bool        // streams whose line was withheld from its middle or beginning
	latest   map[changing]host.Data // changes that came too fast; the last of them is shown in the end
	withheld struct{ lines, bytes, shows int }
}

// changing is something that an engine displays and changes.
type changing struct {
	engine int
	id     string
}

// cutOff is a stream of an engine.
type cutOff struct {
	engine int
	stderr bool
}

// How much is shown at once, and how much more in a second.
var (
	underText  = budget{left: 128 << 10, most: 128 << 10, more: 8 << 10}
	underLines = budget{left: 500, most: 500, more: 20}
	underShows = budget{left: 50, most: 50, more: 2}
)

// budget is spent, and fills up with time.
type budget struct {
	left, most, more float64
	at               time.Time
}

// spend takes n if they are there.
func (b *budget) spend(n int) bool {
	now := time.Now()
	if !b.at.IsZero() {
		b.left = min(b.most, b.left+b.more*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.left < float64(n) {
		return false
	}
	b.left -= float64(n)
	return true
}

func newUnder(c *conn.Conn, to host.Screen) *under {
	if to == nil {
		return nil
	}
	return &under{conn: c, to: to, text: underText, lines: underLines, shows: underShows}
}

// take shows what a task has printed or displayed, or withholds it. It does not wait.
func (u *under) take(o Output) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.used {
		u.used, u.out, u.cut, u.latest = true, labelled.New(u.to), map[cutOff]bool{}, map[changing]host.Data{}
	}
	if o.Shown == nil {
		if text := u.allowed(o); text != "" {
			u.put(func() { u.out.Print(o.Engine, o.Stderr, text) })
		}
		return
	}
	d := host.Data{MIME: o.Shown.MIME, Metadata: o.Shown.Metadata, ID: o.ID, Update: o.Update}
	switch allowed := u.shows.spend(1); {
	case allowed:
		delete(u.latest, changing{o.Engine, o.ID})
		u.put(func() { u.out.Display(o.Engine, d) })
	case o.Update:
		u.latest[changing{o.Engine, o.ID}] = d
	default:
		u.withheld.shows++
	}
}

// allowed is what may be shown of a text: whole lines of it. The caller holds mu.
func (u *under) allowed(o Output) string {
	var b strings.Builder
	from := cutOff{o.Engine, o.Stderr}
	for line := range strings.Lines(o.Text) {
		whole := strings.HasSuffix(line, "\n")
		if !u.cut[from] && u.lines.spend(1) && u.text.spend(len(line)) {
			b.WriteString(line)
			continue
		}
		u.cut[from] = !whole
		u.withheld.bytes += len(line)
		if whole {
			u.withheld.lines++
		}
	}
	return b.String()
}

// rest ends the lines that an engine has begun: its task has ended.
func (u *under) rest(engine int) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.used {
		delete(u.cut, cutOff{engine, false})
		delete(u.cut, cutOff{engine, true})
		for c, d := range u.latest {
			if c.engine == engine {
				delete(u.latest, c)
				u.put(func() { u.out.Display(engine, d) })
			}
		}
		u.put(func() { u.out.Rest(engine) })
	}
}

// end says what was withheld.
func (u *under) end() {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.used {
		return
	}
	var parts []string
	if u.withheld.bytes > 0 {
		parts = append(parts, fmt.Sprintf("%d lines (%d bytes) that tasks printed", u.withheld.lines, u.withheld.bytes))
	}
	if u.withheld.shows > 0 {
		parts = append(parts, fmt.Sprintf("%d things that they displayed", u.withheld.shows))
	}
	u.put(func() {
		u.out.End()
		if len(parts) > 0 {
			u.to.Stderr("[" + strings.Join(parts, " and ") + " came too fast to be shown here; the result's methods Stdout and Stderr have the text]\n")
		}
	})
}

// put has something shown after what is queued. The caller holds mu.
func (u *under) put(show func()) {
	u.queue = append(u.queue, show)
	if u.going {
		return
	}
	u.going, u.idle = true, make(chan struct{})
	if u.conn.Go("output", func(context.Context) error { u.show(); return nil }) != nil {
		u.queue, u.going = nil, false // the connection is closed, and this with it
		close(u.idle)
	}
}

func (u *under) show() {
	for {
		u.mu.Lock()
		queue := u.queue
		u.queue = nil
		if len(queue) == 0 {
			u.going = false
			close(u.idle)
			u.mu.Unlock()
			return
		}
		u.mu.Unlock()
		for _, show := range queue {
			show()
		}
	}
}

// flush waits until all there is has been shown.
func (u *under) flush() {
	if u == nil {
		return
	}
	u.mu.Lock()
	idle := u.idle
	u.mu.Unlock()
	if idle != nil {
		<-idle
	}
}
