package widgets

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/display"
	"github.com/gocluster/gocluster/display/comm"
)

// Widget is what can be shown and put into boxes: all that this package makes.
type Widget interface {
	// Base is the model of the widget, which all widgets have.
	Base() *Model
}

// Model is the state of a widget, or of its layout or style: traits by their names, the same here and in the client. Its methods may be
// called by several goroutines.
type Model struct {
	kind kind
	id   string
	comm *comm.Comm // nil where there is no notebook

	// sending is held while the client is told something, so that it learns of changes in their order.
	sending sync.Mutex

	mu            sync.Mutex
	state         map[string]any
	layout, style *Model
	observers     []observer
	clicked       []func()
	pending       map[string]bool // traits that the client is still to be told of
	told          time.Time
	timer         *time.Timer
}

type observer struct {
	trait string
	f     func(any)
}

// interval is the least time between two messages about a model.
const interval = 50 * time.Millisecond

// The protocol of ipywidgets.
const (
	target         = "jupyter.widget"
	version        = "2.1.0"
	reference      = "IPY_MODEL_"
	viewMIME       = "application/vnd.jupyter.widget-view+json"
	methodUpdate   = "update"
	methodEcho     = "echo_update"
	methodCustom   = "custom"
	methodRequest  = "request_state"
	controlTarget  = "jupyter.widget.control"
	controlRequest = "request_states"
	controlUpdate  = "update_states"
)

// open makes the model known to the client, if there is one.
func (m *Model) open() {
	m.id = rand.Text()
	if !comm.Available() {
		return
	}
	state, paths, buffers := split(m.state)
	c, err := comm.OpenAs(m.id, target, map[string]any{"state": state, "buffer_paths": paths},
		comm.Metadata(map[string]string{"version": version}), comm.Buffers(buffers...))
	if err != nil {
		panic(fmt.Sprintf("widgets: cannot make a %s: %v", m.kind.name, err))
	}
	m.comm = c
	models.add(m)
	c.OnMessage(m.receive)
	c.OnClose(func(comm.Message) { models.remove(m) })
}

// Base is the model itself.
func (m *Model) Base() *Model { return m }

// ID is the name by which the client knows the model.
func (m *Model) ID() string { return m.id }

// Get returns a trait, nil if there is none of that name.
func (m *Model) Get(trait string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state[trait]
}

// Set changes a trait, as ipywidgets names it: "description", "disabled", "bar_style". The error is of a name or a value that this
// widget does not take.
func (m *Model) Set(trait string, value any) error {
	changed, _, err := m.change(map[string]any{trait: value})
	if err != nil {
		return err
	}
	m.push(changed...)
	m.notify(changed)
	return nil
}

// mustSet sets a trait that the widget has.
func (m *Model) mustSet(trait string, value any) {
	if err := m.Set(trait, value); err != nil {
		panic("widgets: " + err.Error())
	}
}

// Observe has f called with a trait's value when that has changed.
func (m *Model) Observe(trait string, f func(value any)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.observers = append(m.observers, observer{trait, f})
}

// Layout changes how the widget is laid out: "width", "height", "margin", "grid_area" and so on, with values as CSS has them. It has none
// if it is a layout or a style itself.
func (m *Model) Layout(property, value string) { m.part(m.layout, "layout", property, value) }

// Style changes how the widget looks: "description_width", "bar_color", "button_color" and so on.
func (m *Model) Style(property string, value any) { m.part(m.style, "style", property, value) }

func (m *Model) part(p *Model, what, property string, value any) {
	if p == nil {
		panic(fmt.Sprintf("widgets: a %s has no %s", m.kind.name, what))
	}
	p.mustSet(property, value)
}

// Show shows the widget under the cell; it may be shown several times.
func (m *Model) Show() { display.Show(m) }

// Close takes the widget away, wherever it is shown.
func (m *Model) Close() {
	models.remove(m)
	for _, p := range []*Model{m, m.layout, m.style} {
		if p != nil && p.comm != nil {
			models.remove(p)
			_ = p.comm.Close(nil) // a client that is gone shows nothing
		}
	}
}

// MIMEBundle shows the widget: as itself where the client has widgets, else as text.
func (m *Model) MIMEBundle() map[string]any {
	m.flush()
	bundle := map[string]any{"text/plain": m.String()}
	if m.comm != nil {
		bundle[viewMIME] = map[string]any{"version_major": 2, "version_minor": 0, "model_id": m.id}
	}
	return bundle
}

// String is the widget as text: IntSlider(value=3, min=0, max=100).
func (m *Model) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var parts []string
	for _, name := range []string{"description", "value", "index", "min", "max", "children"} {
		v, ok := m.state[name]
		if !ok || v == "" {
			continue
		}
		switch x := v.(type) {
		case string:
			v = fmt.Sprintf("%q", x)
		case []byte:
			v = fmt.Sprintf("%d bytes", len(x))
		case []string:
			v = len(x)
		}
		parts = append(parts, fmt.Sprintf("%s=%v", name, v))
	}
	return m.kind.name + "(" + strings.Join(parts, ", ") + ")"
}

// change takes new values of traits. It returns the names of those that are others now, in order, and of those that have become something
// else than was said.
func (m *Model) change(values map[string]any) (changed, corrected []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(values)+1)
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names) // max and min before value
	for _, name := range names {
		old, known := m.state[name]
		if !known && !m.kind.open {
			return changed, corrected, fmt.Errorf("a %s has no %q", m.kind.name, name)
		}
		v, err := m.kind.checked(name, values[name], m.state)
		if err != nil {
			return changed, corrected, err
		}
		if !reflect.DeepEqual(v, old) {
			m.state[name] = v
			changed = append(changed, name)
		}
		if !same(v, values[name]) {
			corrected = append(corrected, name)
		}
	}
	return m.fit(changed), corrected, nil
}

// fit moves the value into its bounds when these have changed. The caller holds mu.
func (m *Model) fit(changed []string) []string {
	old, ok := m.state["value"]
	if !ok {
		return changed
	}
	if v, err := m.kind.checked("value", old, m.state); err == nil && !reflect.DeepEqual(v, old) {
		m.state["value"] = v
		changed = append(changed, "value")
	}
	return changed
}

// same reports whether two values are the same as JSON has them, which knows but one kind of number.
func same(a, b any) bool {
	x, ok1 := number(a)
	y, ok2 := number(b)
	if ok1 && ok2 {
		return x == y
	}
	return reflect.DeepEqual(a, b)
}

// notify calls who observes traits that have changed.
func (m *Model) notify(changed []string) {
	for _, name := range changed {
		m.mu.Lock()
		value := m.state[name]
		var fs []func(any)
		for _, o := range m.observers {
			if o.trait == name {
				fs = append(fs, o.f)
			}
		}
		m.mu.Unlock()
		for _, f := range fs {
			f(value)
		}
	}
}

// push lets the client know of traits, soon.
func (m *Model) push(names ...string) {
	if m.comm == nil || len(names) == 0 {
		return
	}
	m.mu.Lock()
	if m.pending == nil {
		m.pending = map[string]bool{}
	}
	for _, name := range names {
		m.pending[name] = true
	}
	wait := interval - time.Since(m.told)
	if wait > 0 && m.timer == nil {
		m.timer = time.AfterFunc(wait, m.flush)
		models.later(m)
	}
	m.mu.Unlock()
	if wait <= 0 {
		m.flush()
	}
}

// flush tells the client of all traits that it is to be told of.
func (m *Model) flush() {
	m.sending.Lock()
	defer m.sending.Unlock()
	m.mu.Lock()
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	values := map[string]any{}
	for name := range m.pending {
		values[name] = m.state[name]
	}
	m.pending = nil
	if len(values) > 0 {
		m.told = time.Now()
	}
	m.mu.Unlock()
	if len(values) > 0 {
		m.send(methodUpdate, values)
	}
}

// send tells the client values of traits. The caller holds sending.
func (m *Model) send(method string, values map[string]any) {
	state, paths, buffers := split(values)
	// A comm that the client has closed needs no more messages.
	_ = m.comm.Send(map[string]any{"method": method, "state": state, "buffer_paths": paths}, comm.Buffers(buffers...))
}

// clientMessage is what a client says about a model.
type clientMessage struct {
	Method  string          `json:"method"`
	State   map[string]any  `json:"state"`
	Paths   [][]any         `json:"buffer_paths"`
	Content json.RawMessage `json:"content"`
}

// receive takes a message of the client's.
func (m *Model) receive(msg comm.Message) {
	var c clientMessage
	if err := msg.Read(&c); err != nil {
		panic("widgets: " + err.Error()) // shown under the cell that has made the widget
	}
	switch c.Method {
	case methodUpdate:
		join(c.State, c.Paths, msg.Buffers)
		m.updated(c.State)
	case methodRequest:
		m.mu.Lock()
		state := make(map[string]any, len(m.state))
		for name, v := range m.state {
			state[name] = v
		}
		m.mu.Unlock()
		m.sending.Lock()
		defer m.sending.Unlock()
		m.send(methodUpdate, state)
	case methodCustom:
		m.custom(c.Content)
	}
}

// updated takes new values from the client. It is told that they have come, since several clients may show the widget, and what has
// become of them if they are not acceptable.
func (m *Model) updated(values map[string]any) {
	known := map[string]any{}
	for name, v := range values {
		if _, ok := m.kind.state[name]; ok || m.kind.open || m.Get(name) != nil {
			known[name] = v
		}
	}
	if len(known) == 0 {
		return
	}
	m.sending.Lock()
	m.send(methodEcho, known)
	m.sending.Unlock()
	changed, corrected, err := m.change(known)
	if err != nil {
		for name := range known {
			corrected = append(corrected, name)
		}
	}
	m.push(corrected...)
	m.notify(changed)
}

// custom takes what is no trait.
func (m *Model) custom(content json.RawMessage) {
	var c struct{ Event string }
	if json.Unmarshal(content, &c) != nil || c.Event != "click" {
		return
	}
	m.mu.Lock()
	fs := m.clicked
	m.mu.Unlock()
	for _, f := range fs {
		f()
	}
}
