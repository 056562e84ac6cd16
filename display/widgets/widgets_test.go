package widgets

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/session/host"
)

// browser is the client: it keeps the messages that it gets.
type browser struct {
	host.Runtime
	mu   sync.Mutex
	seen []host.CommMessage
	show []host.Data
}

func (p *browser) HasComms() bool { return true }

func (p *browser) Comm(m host.CommMessage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, m)
	return nil
}

func (p *browser) Show(d host.Data) { p.show = append(p.show, d) }

func load(t *testing.T) *browser {
	t.Helper()
	p := &browser{}
	host.Set(p)
	t.Cleanup(func() { host.Set(nil) })
	return p
}

// said are the messages about a model since the last time, a line each: the method and the state.
func (p *browser) said(t *testing.T, w Widget) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	for _, m := range p.seen {
		var c struct {
			Method string
			State  json.RawMessage
		}
		if err := json.Unmarshal(m.Data, &c); err != nil {
			t.Fatal(err)
		}
		if m.ID == w.Base().ID() && m.Kind == host.CommMsg {
			lines = append(lines, c.Method+" "+string(c.State))
		}
	}
	p.seen = nil
	return strings.Join(lines, "; ")
}

// does is a client's message about a model.
func does(w Widget, data string, buffers ...[]byte) {
	host.ReceiveComm(host.CommMessage{Kind: host.CommMsg, ID: w.Base().ID(), Data: []byte(data), Buffers: buffers})
}

// sets is a client's change of a model.
func sets(w Widget, state string) {
	does(w, `{"method":"update","state":`+state+`,"buffer_paths":[]}`)
}

func TestAWidgetIsKnownBeforeItIsShown(t *testing.T) {
	p := load(t)
	s := IntSlider(Value(5), Max(10), Layout("width", "50%"), Style("handle_color", "red"))
	var names []string
	for _, m := range p.seen {
		var c struct{ State map[string]any }
		if err := json.Unmarshal(m.Data, &c); err != nil || m.Kind != host.CommOpen || m.Target != target || string(m.Metadata) != `{"version":"2.1.0"}` {
			t.Fatalf("%v: %+v", err, m)
		}
		names = append(names, fmt.Sprintf("%v %v %v %v", c.State["_model_name"], c.State["width"], c.State["handle_color"], c.State["value"]))
	}
	if want := []string{"LayoutModel 50% <nil> <nil>", "SliderStyleModel <nil> red <nil>", "IntSliderModel <nil> <nil> 5"}; !slices.Equal(names, want) {
		t.Errorf("opened %q\nwant %q", names, want)
	}
	bundle := s.MIMEBundle()
	if want := fmt.Sprintf("map[application/vnd.jupyter.widget-view+json:map[model_id:%s version_major:2 version_minor:0] text/plain:IntSlider(value=5, min=0, max=10)]", s.ID()); fmt.Sprint(bundle) != want {
		t.Errorf("it is shown as %v\nwant %s", bundle, want)
	}
}

func TestTheClientChangesValues(t *testing.T) {
	for _, tt := range []struct {
		name  string
		make  func(note func(any)) Widget
		state string // that the client sets
		said  string // to the client
		calls string // of the function
	}{
		{"int", func(n func(any)) Widget { w := IntSlider(); w.OnChange(func(v int) { n(v) }); return w }, `{"value":7}`, `echo_update {"value":7}`, "[7]"},
		{"out of bounds", func(n func(any)) Widget { w := IntSlider(); w.OnChange(func(v int) { n(v) }); return w }, `{"value":700}`, `echo_update {"value":700}; update {"value":100}`, "[100]"},
		{"no change", func(n func(any)) Widget { w := IntSlider(); w.OnChange(func(v int) { n(v) }); return w }, `{"value":0}`, `echo_update {"value":0}`, "[]"},
		{"no number", func(n func(any)) Widget { w := IntSlider(); w.OnChange(func(v int) { n(v) }); return w }, `{"value":"x"}`, `echo_update {"value":"x"}; update {"value":0}`, "[]"},
		{"half a number", func(n func(any)) Widget { w := IntText(); w.OnChange(func(v int) { n(v) }); return w }, `{"value":1.5}`, `echo_update {"value":1.5}; update {"value":0}`, "[]"},
		{"float", func(n func(any)) Widget { w := FloatSlider(); w.OnChange(func(v float64) { n(v) }); return w }, `{"value":2}`, `echo_update {"value":2}`, "[2]"},
		{"bool", func(n func(any)) Widget { w := Checkbox(); w.OnChange(func(v bool) { n(v) }); return w }, `{"value":true}`, `echo_update {"value":true}`, "[true]"},
		{"text", func(n func(any)) Widget { w := Text(); w.OnChange(func(v string) { n(v) }); return w }, `{"value":"<é>"}`, `echo_update {"value":"\u003cé\u003e"}`, "[<é>]"},
		{"choice", func(n func(any)) Widget {
			w := Dropdown([]string{"a", "b"})
			w.OnChange(func(v string) { n(v) })
			return w
		}, `{"index":1}`, `echo_update {"index":1}`, "[b]"},
		{"no choice", func(n func(any)) Widget {
			w := Dropdown([]string{"a", "b"})
			w.OnChange(func(v string) { n(v) })
			return w
		}, `{"index":2}`, `echo_update {"index":2}; update {"index":0}`, "[]"},
		{"unknown", func(n func(any)) Widget { w := Checkbox(); w.OnChange(func(v bool) { n(v) }); return w }, `{"nothing":1}`, ``, "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := load(t)
			calls := []any{}
			w := tt.make(func(v any) { calls = append(calls, v) })
			p.said(t, w)
			sets(w, tt.state)
			if got := p.said(t, w); got != tt.said {
				t.Errorf("the client was told %s\nwant %s", got, tt.said)
			}
			if got := fmt.Sprint(calls); got != tt.calls {
				t.Errorf("called with %s, want %s", got, tt.calls)
			}
		})
	}
}

func TestAButtonIsClicked(t *testing.T) {
	load(t)
	b, n := Button(Description("go")), 0
	b.OnClick(func() { n++ })
	does(b, `{"method":"custom","content":{"event":"click"}}`)
	does(b, `{"method":"custom","content":{"event":"hover"}}`)
	if n != 1 {
		t.Errorf("clicked %d times", n)
	}
}

func TestTheClientAsksForAState(t *testing.T) {
	p := load(t)
	w := Label(Value("x"))
	p.said(t, w)
	does(w, `{"method":"request_state"}`)
	if got := p.said(t, w); !strings.Contains(got, `"_model_name":"LabelModel"`) || !strings.Contains(got, `"value":"x"`) {
		t.Errorf("it was told %s", got)
	}
}

// TestChangesAreToldTwentyTimesASecond counts what a loop makes of it.
func TestChangesAreToldTwentyTimesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := load(t)
		bar, calls := IntProgress(Max(1000)), 0
		bar.OnChange(func(int) { calls++ })
		p.said(t, bar)
		for range 1000 {
			bar.Add(1)
			<-time.After(time.Millisecond)
		}
		<-time.After(interval)
		synctest.Wait()
		said := strings.Split(p.said(t, bar), "; ")
		if n := len(said); n < 19 || n > 22 || calls != 1000 {
			t.Errorf("the client was told %d times of %d changes", n, calls)
		}
		if last := said[len(said)-1]; last != `update {"value":1000}` {
			t.Errorf("the last was %s", last)
		}
		// The end of a cell does not wait.
		bar.SetValue(1)
		bar.SetValue(2)
		host.Ended()
		if got := p.said(t, bar); got != `update {"value":1}; update {"value":2}` && got != `update {"value":2}` {
			t.Errorf("at the end of a cell the client was told %s", got)
		}
	})
}

func TestBoundsMoveTheValue(t *testing.T) {
	load(t)
	s, got := IntSlider(Value(50)), []int{}
	s.OnChange(func(v int) { got = append(got, v) })
	for _, step := range []struct {
		trait string
		v     any
		want  int
	}{{"max", 40, 40}, {"min", 10, 40}, {"value", 3, 10}, {"value", int64(20), 20}} {
		if err := s.Set(step.trait, step.v); err != nil || s.Value() != step.want {
			t.Errorf("after %s = %v it is %d, want %d (%v)", step.trait, step.v, s.Value(), step.want, err)
		}
	}
	if fmt.Sprint(got) != "[40 10 20]" {
		t.Errorf("observed %v", got)
	}
	for _, bad := range []struct {
		trait string
		v     any
	}{{"value", "x"}, {"value", 1.5}, {"value", nil}, {"nothing", 1}} {
		if err := s.Set(bad.trait, bad.v); err == nil {
			t.Errorf("%s = %v was taken", bad.trait, bad.v)
		}
	}
}

func TestWhatCannotBeMade(t *testing.T) {
	for want, make := range map[string]func(){
		"widgets: the min of a IntSlider is 5, which is more than its max, 1": func() { IntSlider(Min(5), Max(1)) },
		`widgets: a Button has no "value"`:                                    func() { Button(Value(1)) },
		"widgets: the value of a Text is a string, not 3":                     func() { Text(Value(3)) },
		"widgets: a Checkbox has no look":                                     func() { Checkbox(Look("info")) },
		"widgets: a Output has no style":                                      func() { Output().Style("a", 1) },
		"widgets: there is no choice 3 among 2":                               func() { Dropdown([]string{"a", "b"}, Trait("index", 3)) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			make()
		}()
	}
}

func TestBytesTravelAsBuffers(t *testing.T) {
	p := load(t)
	img := Image([]byte("one"), "png")
	last := p.seen[len(p.seen)-1]
	if string(last.Buffers[0]) != "one" || !strings.Contains(string(last.Data), `"buffer_paths":[["value"]]`) {
		t.Errorf("opened with %s and %q", last.Data, last.Buffers)
	}
	does(img, `{"method":"update","state":{"format":"gif"},"buffer_paths":[["value"],["no","where"],[]]}`, []byte("two"), []byte("lost"), nil)
	if img.Get("format") != "gif" || string(img.Get("value").([]byte)) != "two" {
		t.Errorf("the client's change came to %v", img.state)
	}
	state := map[string]any{"a": []any{1, []byte("x")}, "b": map[string]any{"c": []byte("y")}}
	rest, paths, buffers := split(state)
	if got := fmt.Sprint(rest, paths); got != "map[a:[1 <nil>] b:map[]] [[a 1] [b c]]" {
		t.Errorf("split into %s", got)
	}
	join(rest, [][]any{{"a", 1.0}, {"b", "c"}}, buffers)
	if got := fmt.Sprintf("%s", rest); got != "map[a:[%!s(int=1) x] b:map[c:y]]" {
		t.Errorf("joined to %s", got)
	}
}

func TestAnOutputKeepsWhatItIsGiven(t *testing.T) {
	load(t)
	out := Output()
	fmt.Fprintln(out, "one")
	fmt.Fprintln(out, "two")
	out.Show(3)
	fmt.Fprint(out, "four")
	text, err := json.Marshal(out.Get("outputs"))
	if want := `[{"name":"stdout","output_type":"stream","text":"one\ntwo\n"},{"data":{"text/plain":"3"},"metadata":{},"output_type":"display_data"},{"name":"stdout","output_type":"stream","text":"four"}]`; err != nil || string(text) != want {
		t.Errorf("it has %s\nwant   %s", text, want)
	}
	out.Replace(5)
	if n := len(out.Get("outputs").([]any)); n != 1 {
		t.Errorf("after Replace it has %d", n)
	}
	out.Clear()
	if n := len(out.Get("outputs").([]any)); n != 0 {
		t.Errorf("after Clear it has %d", n)
	}
}

func TestWithoutANotebookWidgetsAreValues(t *testing.T) {
	host.Set(nil)
	s, got := IntSlider(Value(3)), 0
	s.OnChange(func(v int) { got = v })
	s.SetValue(8)
	box := VBox(s, Checkbox(Description("on")))
	if got != 8 || fmt.Sprint(s) != "IntSlider(value=8, min=0, max=100)" || fmt.Sprint(box) != "VBox(children=2)" {
		t.Errorf("%d %v %v", got, s, box)
	}
	if bundle := s.MIMEBundle(); len(bundle) != 1 {
		t.Errorf("it is shown as %v", bundle)
	}
	c := RadioButtons([]string{"a", "b"})
	c.SetValue("b")
	if c.Index() != 1 || c.Value() != "b" {
		t.Errorf("chosen: %d %s", c.Index(), c.Value())
	}
	c.SetValue("none of them")
	if c.Index() != -1 || c.Value() != "" {
		t.Errorf("chosen: %d %s", c.Index(), c.Value())
	}
	s.Close()
}

func TestLoopShowsItsProgress(t *testing.T) {
	p := load(t)
	n := 0
	for i := range Loop(5) {
		n += i
	}
	if n != 10 || len(p.show) != 1 || p.show[0].MIME[viewMIME] == nil {
		t.Errorf("counted to %d, showed %v", n, p.show)
	}
}
