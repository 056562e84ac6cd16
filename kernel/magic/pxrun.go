package magic

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/views"
)

// pxRun is code that is executed on engines, or was.
type pxRun struct {
	name    string // of the cell
	options pxOptions
	client  *client.Client
	engines []int
	result  *views.Result
	started time.Time

	mu     sync.Mutex
	events []pxEvent
	shown  int // how many of the events have been shown
	size   int // of the events, in bytes
	lost   int // bytes that were not kept
	done   []int
	came   map[pxStream]int // bytes of text that came while it ran
	ended  bool
	// wake tells who shows the events that there are more.
	wake chan struct{}
}

// pxEvent is something that an engine printed, displayed, or came to.
type pxEvent struct {
	engine int
	stderr bool
	text   string
	// shown is what was displayed, or the value if that is set.
	shown  *views.Shown
	value  bool
	id     string
	update bool
	// done tells that the engine has ended.
	done bool
}

// maxKept bounds what is kept of what engines print and display.
const maxKept = 64 << 20

// size is how much memory an event takes, about.
func (e *pxEvent) size() int {
	n := len(e.text) + 64
	if e.shown != nil {
		for _, v := range e.shown.MIME {
			if s, ok := v.(string); ok {
				n += len(s)
			} else {
				n += 1 << 10
			}
		}
	}
	return n
}

// output takes what engines print. It is called by the connection, and does not wait.
func (p *pxRun) output(o views.Output) {
	p.mu.Lock()
	if p.came == nil {
		p.came = map[pxStream]int{}
	}
	p.came[pxStream{o.Engine, o.Stderr}] += len(o.Text)
	p.mu.Unlock()
	e := pxEvent{engine: o.Engine, stderr: o.Stderr, shown: o.Shown, id: o.ID, update: o.Update}
	if o.Shown == nil {
		e.text = o.Text
	}
	p.put(e)
}

// follow takes the engines' values, until all are done.
func (p *pxRun) follow(context.Context) error {
	for el := range p.result.AsCompleted() {
		if el.Index < 0 {
			break
		}
		if s, ok := el.Value.(views.Shown); ok {
			p.put(pxEvent{engine: el.Engine, shown: &s, value: true})
		}
		p.put(pxEvent{engine: el.Engine, done: true})
	}
	p.complete()
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.signal()
	return nil
}

// maxComplete is how much text comes with results, about; what is cut cannot be compared.
const maxComplete = 1 << 20

// complete makes good for text that was lost with a connection: all of it has come with the results once more.
func (p *pxRun) complete() {
	for _, t := range p.result.Tasks() {
		for i, text := range []string{t.Stdout, t.Stderr} {
			from := pxStream{t.Engine, i == 1}
			p.mu.Lock()
			came := p.came[from]
			p.mu.Unlock()
			if came < len(text) && len(text) < maxComplete && !strings.ContainsRune(text, '\uFFFD') {
				p.put(pxEvent{engine: t.Engine, stderr: i == 1, text: "(the connection was interrupted; all that was printed:)\n" + text})
			}
		}
	}
}

func (p *pxRun) put(e pxEvent) {
	p.mu.Lock()
	n := e.size()
	if p.size+n > maxKept { // what has been shown need not be kept
		for _, old := range p.events[:p.shown] {
			p.size -= old.size()
		}
		p.events, p.shown = slices.Clone(p.events[p.shown:]), 0
	}
	switch {
	case e.done:
		p.done = append(p.done, e.engine)
		p.events = append(p.events, e)
	case p.size+n > maxKept:
		p.lost += n
	default:
		p.size += n
		p.events = append(p.events, e)
	}
	p.mu.Unlock()
	p.signal()
}

func (p *pxRun) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take returns what has not been shown yet.
func (p *pxRun) take() (events []pxEvent, done int, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	events = slices.Clone(p.events[p.shown:])
	p.shown = len(p.events)
	return events, len(p.done), p.ended
}

// attend shows what engines do until they are done. The end of ctx cancels the run.
func (p *pxRun) attend(ctx context.Context, h Host, o pxOptions) error {
	s := newPxShow(h, o.group, p.engines)
	bar := newPxBar(h, p)
	soon := time.NewTimer(max(0, o.after-time.Since(p.started)))
	defer soon.Stop()
	for {
		events, done, ended := p.take()
		s.show(events)
		bar.move(done, ended)
		if ended {
			break
		}
		select {
		case <-p.wake:
		case <-soon.C:
			bar.begin(done)
			soon.Reset(time.Second)
		case <-ctx.Done():
			s.end()
			bar.stop("cancelled")
			return p.interrupt(h)
		}
	}
	s.end()
	if ctx.Err() != nil {
		return p.interrupt(h)
	}
	return p.conclude(ctx, h, o)
}

// conclude is what remains when the engines are done.
func (p *pxRun) conclude(ctx context.Context, h Host, o pxOptions) error {
	p.mu.Lock()
	lost := p.lost
	p.mu.Unlock()
	if lost > 0 {
		warn(h, "%%px: %d bytes of what engines printed came too fast to be shown\n", lost)
	}
	if why := p.result.NotCompiled(); h.Cluster().news(why) {
		warn(h, "%%px: the code is interpreted, not compiled: %s\n", why)
	}
	if err := p.result.Err(); err != nil {
		return err
	}
	if o.out != "" {
		return p.assign(ctx, h, o.out)
	}
	return nil
}

// again shows what engines did, once more or for the first time; of some engines only.
func (p *pxRun) again(ctx context.Context, h Host, o pxOptions, spec string) error {
	engines := p.engines
	if spec != "all" {
		engines = p.client.Slice(spec).Engines()
	}
	bar := newPxBar(h, p)
	soon := time.NewTimer(o.after)
	defer soon.Stop()
	for {
		p.mu.Lock()
		done, ended := len(p.done), p.ended
		events := slices.Clone(p.events)
		p.mu.Unlock()
		bar.move(done, ended)
		if ended {
			s := newPxShow(h, o.group, engines)
			s.show(replayed(events, o.group, engines))
			s.end()
			return p.conclude(ctx, h, o)
		}
		select {
		case <-p.wake:
		case <-soon.C:
			bar.begin(done)
			soon.Reset(time.Second)
		case <-ctx.Done():
			bar.stop("cancelled")
			return p.interrupt(h)
		}
	}
}

// replayed are events in the order in which they are shown afterwards.
func replayed(events []pxEvent, group string, engines []int) []pxEvent {
	events = slices.DeleteFunc(events, func(e pxEvent) bool { return !slices.Contains(engines, e.engine) })
	if group == byOrder {
		return events
	}
	rank := func(e pxEvent) int {
		switch {
		case e.done:
			return 4
		case e.value:
			return 3
		case e.shown != nil:
			return 2
		case e.stderr:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(events, func(a, b pxEvent) int {
		if r := rank(a) - rank(b); r != 0 && group == byType {
			return r
		}
		return slices.Index(engines, a.engine) - slices.Index(engines, b.engine)
	})
	return events
}

// endTime is how long engines may take to end what was cancelled before it is said that they have not.
const endTime = 3 * time.Second

// interrupt cancels the run, and waits for the engines to be idle.
func (p *pxRun) interrupt(h Host) error {
	p.result.Cancel()
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		busy := p.busy()
		if len(busy) == 0 {
			warn(h, "%%px: cancelled on %s\n", enginesText(p.engines))
			return interrupted()
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			warn(h, "%%px: cancelled, but %s has not stopped yet\n", enginesText(busy))
			return interrupted()
		}
	}
}

// busy are the engines that are still at it.
func (p *pxRun) busy() []int {
	st, err := p.client.Status()
	if err != nil {
		return nil
	}
	var ids []int
	for _, e := range st.Engines {
		if slices.Contains(p.engines, e.ID) && e.Running > 0 {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// assign makes a variable of the session of the engines' values: a slice of their type if they have one, of any otherwise.
func (p *pxRun) assign(ctx context.Context, h Host, name string) error {
	values, err := p.result.Get()
	if err != nil {
		return err
	}
	list := make([]any, len(values))
	for i, v := range values {
		s, ok := v.(views.Shown)
		switch {
		case !ok:
			return failed("%%px --out %s: the code has no value on engine %d: its last statement is no expression", name, p.engines[i])
		case s.Unkept != "":
			return failed("%%px --out %s: the value on engine %d cannot leave it: %s", name, p.engines[i], s.Unkept)
		}
		list[i] = s.Value
	}
	typed := sameType(list)
	data, err := codec.Append(nil, typed)
	if err != nil {
		return failed("%%px --out %s: %v", name, err)
	}
	return h.Session().Push(ctx, name, codec.TypeText(typed.Type()), data)
}

// sameType makes a slice of the values' type of them, if they are of one type.
func sameType(list []any) reflect.Value {
	var t reflect.Type
	for _, v := range list {
		if now := reflect.TypeOf(v); now == nil || t != nil && now != t {
			return reflect.ValueOf(list)
		} else {
			t = now
		}
	}
	if t == nil {
		return reflect.ValueOf(list)
	}
	out := reflect.MakeSlice(reflect.SliceOf(t), 0, len(list))
	for _, v := range list {
		out = reflect.Append(out, reflect.ValueOf(v))
	}
	return out
}

// enginesText names engines: "engine 3", "engines 0-3".
func enginesText(ids []int) string {
	if len(ids) == 1 {
		return fmt.Sprintf("engine %d", ids[0])
	}
	ids = slices.Sorted(slices.Values(ids))
	var parts []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && ids[j+1] == ids[j]+1 {
			j++
		}
		if j > i {
			parts = append(parts, fmt.Sprintf("%d-%d", ids[i], ids[j]))
		} else {
			parts = append(parts, fmt.Sprint(ids[i]))
		}
		i = j + 1
	}
	return "engines " + strings.Join(parts, ", ")
}

// errNoEngines is why nothing can be executed on a cluster.
var errNoEngines = errors.New("the cluster has no engines; `goengine` starts some")
