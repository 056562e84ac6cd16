package magic

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

func TestFlagsOfPx(t *testing.T) {
	for _, tt := range []struct{ flags, want string }{
		{"", "--targets all --block --group-outputs type --progress-after 2"},
		{"--targets 1", "--targets 1 --block --group-outputs type --progress-after 2"},
		{"-t 0,2 --noblock", "--targets 0,2 --noblock --group-outputs type --progress-after 2"},
		{"--targets=::2 -a", "--targets ::2 --noblock --group-outputs type --progress-after 2"},
		{"--targets 1:3 --block", "--targets 1:3 --block --group-outputs type --progress-after 2"},
		{"--targets -1", "--targets -1 --block --group-outputs type --progress-after 2"},
		{"--group-outputs engine --progress-after 0.5", "--targets all --block --group-outputs engine --progress-after 0.5"},
		{"-g order --progress-after=10s --profile lab", "--targets all --block --group-outputs order --progress-after 10 --profile lab"},
	} {
		r := record(t)
		if _, err := r.run("%pxconfig " + tt.flags); err != nil {
			t.Errorf("%s: %v", tt.flags, err)
		}
		if got, err := r.run("%pxconfig"); err != nil || got != tt.want+"\n" {
			t.Errorf("%s: got %s, %v", tt.flags, got, err)
		}
	}
}

func TestWrongUsesOfPxAreFoundBeforeAnythingRuns(t *testing.T) {
	for cell, want := range map[string]string{
		"%px":                              "there is no Go to execute",
		"%%px\n\n":                         "there is no Go to execute",
		"%%px x + 1\ny":                    "the Go begins in the next line",
		"%px --targets some x":             "want all, ids such as 0,2",
		"%px --targets 0;2 x":              "want all, ids such as 0,2",
		"%px --targets 0, x":               "want all, ids such as 0,2",
		"%px --group-outputs kind x":       "want type, engine or order",
		"%px --progress-after soon x":      "want a number of seconds",
		"%px --out 2x x":                   "want the name of a Go variable",
		"%px --block --noblock x":          "give one of --block and --noblock",
		"%px --bogus x":                    "unknown flag --bogus",
		"%%px\nx := 1\n%who":               "engines execute Go",
		"x := 1\n%px --targets":            "needs a value",
		"%pxresult x":                      `got "x"`,
		"%pxresult --local":                "unknown flag --local",
		"%pxconfig --out x":                "unknown flag --out",
		"%autopx on":                       "it takes no arguments",
		"%cluster":                         `got ""`,
		"%cluster begin":                   `got "begin"`,
		"%cluster start -n 0":              "want a number from 1",
		"%cluster start 4":                 `got "4"`,
		"%cluster stop -n 4":               "unknown flag -n",
		"%cluster engines --watch forever": "want a number of seconds",
	} {
		r := record(t)
		got, err := r.run(cell)
		if err == nil || !strings.Contains(err.Error(), want) || got != "" {
			t.Errorf("%q: got %q, %v, want %s", cell, got, err, want)
		}
	}
}

func TestWithoutAClusterItIsSaidHowToStartOne(t *testing.T) {
	t.Setenv(profiles.DirEnv, t.TempDir())
	for cell, want := range map[string]string{
		"%px 1":                      "no cluster is running: `%cluster start -n 4` starts one here",
		"%px --profile lab 1":        "gocluster profile create lab",
		"%cluster status":            "no cluster is running: `%cluster start -n 4` starts one here",
		"%cluster stop":              "no cluster is running: `%cluster start -n 4` starts one here",
		"%pxresult":                  "nothing has been executed on engines yet",
		"%px --profile default 1":    "`%cluster start --profile default` starts one here",
		"%autopx\nx := 1":            "no cluster is running",
		"%cluster engines\nx := 1":   "no cluster is running",
		"%cluster start --profile x": "gocluster profile create x",
	} {
		if got, err := record(t).run(cell); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(got, "go ") {
			t.Errorf("%q: got %q, %v", cell, got, err)
		}
	}
}

// events of two engines: printed in pieces, displayed, and their values.
func twoEngines() []pxEvent {
	plain := func(text string) *views.Shown {
		return &views.Shown{MIME: map[string]any{"text/plain": text}, Count: 7}
	}
	return []pxEvent{
		{engine: 1, text: "one\ntw"},
		{engine: 0, text: "zero\n"},
		{engine: 1, text: "o\n"},
		{engine: 0, stderr: true, text: "warning"},
		{engine: 1, shown: plain("a chart")},
		{engine: 1, shown: plain("5"), value: true},
		{engine: 1, done: true},
		{engine: 0, text: "last"},
		{engine: 0, shown: plain("4"), value: true},
		{engine: 0, done: true},
	}
}

func TestOutputIsMarkedAndGrouped(t *testing.T) {
	for group, want := range map[string]string{
		byType: `
[stdout:1] one
[stdout:0] zero
[stdout:1] two
map[text/plain:[output:1] a chart]
[stdout:0] last
([stderr:0] warning)map[text/plain:Out[0:7]: 4]
map[text/plain:Out[1:7]: 5]
`,
		byOrder: `
[stdout:1] one
[stdout:0] zero
[stdout:1] two
map[text/plain:[output:1] a chart]
map[text/plain:Out[1:7]: 5]
[stdout:0] last
([stderr:0] warning)map[text/plain:Out[0:7]: 4]
`,
		byEngine: `
[stdout:0] zero
[stdout:0] last
([stderr:0] warning)map[text/plain:Out[0:7]: 4]
[stdout:1] one
[stdout:1] two
map[text/plain:[output:1] a chart]
map[text/plain:Out[1:7]: 5]
`,
	} {
		t.Run(group, func(t *testing.T) {
			r := record(t)
			s := newPxShow(r, group, []int{0, 1})
			for _, e := range twoEngines() { // as they come
				s.show([]pxEvent{e})
			}
			s.end()
			if got := "\n" + r.log.String(); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

func TestWhatIsShownAfterwardsIsGrouped(t *testing.T) {
	kinds := func(events []pxEvent) string {
		var out []string
		for _, e := range events {
			switch {
			case e.done:
			case e.value:
				out = append(out, fmt.Sprintf("value:%d", e.engine))
			case e.shown != nil:
				out = append(out, fmt.Sprintf("shown:%d", e.engine))
			case e.stderr:
				out = append(out, fmt.Sprintf("[stderr:%d]", e.engine))
			default:
				out = append(out, fmt.Sprintf("[stdout:%d]", e.engine))
			}
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct {
		group   string
		engines []int
		want    string
	}{
		{byType, []int{0, 1}, "[stdout:0] [stdout:0] [stdout:1] [stdout:1] [stderr:0] shown:1 value:0 value:1"},
		{byEngine, []int{0, 1}, "[stdout:0] [stderr:0] [stdout:0] value:0 [stdout:1] [stdout:1] shown:1 value:1"},
		{byOrder, []int{0, 1}, "[stdout:1] [stdout:0] [stdout:1] [stderr:0] shown:1 value:1 [stdout:0] value:0"},
		{byType, []int{1}, "[stdout:1] [stdout:1] shown:1 value:1"},
	} {
		if got := kinds(replayed(twoEngines(), tt.group, tt.engines)); got != tt.want {
			t.Errorf("%s %v: got %s", tt.group, tt.engines, got)
		}
	}
}

func TestDisplaysAreLabelled(t *testing.T) {
	for _, tt := range []struct {
		name string
		e    pxEvent
		want string
	}{
		{"text", pxEvent{engine: 3, shown: &views.Shown{MIME: map[string]any{"text/plain": "x"}}}, "map[text/plain:[output:3] x]\n"},
		{"a table", pxEvent{engine: 3, shown: &views.Shown{MIME: map[string]any{"text/plain": "a\nb"}, Count: 2}, value: true}, "map[text/plain:Out[3:2]:\na\nb]\n"},
		{"a page", pxEvent{engine: 3, shown: &views.Shown{MIME: map[string]any{"text/html": "<p>"}}},
			"map[text/html:<div><code>[output:3]</code></div>\n<p> text/plain:[output:3] <text/html>]\n"},
		{"a picture", pxEvent{engine: 3, shown: &views.Shown{MIME: map[string]any{"image/png": "AA", "text/plain": "image"}, Count: 2}, value: true},
			"map[text/plain:Out[3:2]:]\nmap[image/png:AA text/plain:image]\n"},
		{"a changed page", pxEvent{engine: 3, id: "a", update: true, shown: &views.Shown{MIME: map[string]any{"text/html": "<p>", "text/plain": "p"}}},
			"update map[text/html:<div><code>[output:3]</code></div>\n<p> text/plain:[output:3] p]\n"},
		{"a change", pxEvent{engine: 3, id: "a", update: true, shown: &views.Shown{MIME: map[string]any{"image/png": "AB"}}}, "update map[image/png:AB]\n"},
	} {
		r := record(t)
		newPxShow(r, byOrder, []int{3}).one(tt.e)
		if got := r.log.String(); got != tt.want {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

func TestIDsOfDisplaysAreTheEnginesOwn(t *testing.T) {
	var ids []string
	h := shower{record(t), func(d session.Data) { ids = append(ids, d.ID) }}
	s := newPxShow(h, byOrder, []int{0, 1})
	for _, e := range []int{0, 1, 0} {
		s.one(pxEvent{engine: e, id: "bar", shown: &views.Shown{MIME: map[string]any{"text/plain": "x"}}})
	}
	if len(ids) != 3 || ids[0] == ids[1] || ids[0] != ids[2] {
		t.Errorf("got %v", ids)
	}
}

// shower is a host that hands on what is displayed.
type shower struct {
	*recording
	display func(session.Data)
}

func (s shower) Output() session.Output { return displays{sink{s.recording}, s.display} }

type displays struct {
	sink
	display func(session.Data)
}

func (d displays) Display(data session.Data) { d.display(data) }

func TestWhatIsKeptIsBounded(t *testing.T) {
	p := &pxRun{wake: make(chan struct{}, 1)}
	text := strings.Repeat("x", maxKept/4)
	put := func(n int) {
		for range n {
			p.put(pxEvent{text: text})
		}
	}
	put(3)
	if events, _, _ := p.take(); len(events) != 3 {
		t.Fatalf("got %d events", len(events))
	}
	put(3) // those before have been shown
	if events, _, _ := p.take(); len(events) != 3 || p.lost != 0 {
		t.Errorf("got %d events, lost %d", len(events), p.lost)
	}
	put(5)
	p.put(pxEvent{engine: 2, done: true})
	events, done, _ := p.take()
	if len(events) != 4 || done != 1 || p.lost == 0 || p.size > maxKept {
		t.Errorf("got %d events, %d done, lost %d, size %d", len(events), done, p.lost, p.size)
	}
}

func TestValuesOfOneTypeAreASliceOfIt(t *testing.T) {
	for _, tt := range []struct {
		in   []any
		want any
	}{
		{[]any{1, 2}, []int{1, 2}},
		{[]any{[]string{"a"}, []string{}}, [][]string{{"a"}, {}}},
		{[]any{1, "a"}, []any{1, "a"}},
		{[]any{1, nil}, []any{1, nil}},
		{[]any{}, []any{}},
	} {
		if got := sameType(tt.in).Interface(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v: got %#v", tt.in, got)
		}
	}
}

func TestEnginesAreNamedShortly(t *testing.T) {
	for want, ids := range map[string][]int{"engine 3": {3}, "engines 0-3": {3, 2, 1, 0}, "engines 0-1, 4, 6-7": {0, 1, 4, 6, 7}} {
		if got := enginesText(ids); got != want {
			t.Errorf("%v: got %s", ids, got)
		}
	}
}

func TestProgressIsShownOnceItTakesLong(t *testing.T) {
	r := record(t)
	p := &pxRun{engines: []int{0, 1}, started: time.Now()}
	b := newPxBar(r, p)
	b.move(0, false)
	if r.log.Len() > 0 {
		t.Errorf("too early: %s", &r.log)
	}
	b.begin(0)
	p.done = []int{1}
	b.move(1, false)
	b.move(1, false)
	b.move(2, true)
	lines := slices.Collect(strings.Lines(r.log.String()))
	if len(lines) != 3 || !strings.Contains(lines[0], "] 0/2 engines done, ") || !strings.HasPrefix(lines[1], "update ") ||
		!strings.Contains(lines[1], "waiting for engine 0") || !strings.Contains(lines[2], "] 2/2 engines done, ") {
		t.Errorf("got %q", lines)
	}
}

func TestStatusIsATable(t *testing.T) {
	st := &client.Status{
		Cluster: "lab", Engines: []client.EngineStatus{{ID: 0, State: "idle", Host: "<host>", Memory: 3 << 20}, {ID: 1, State: "busy", Running: 1}},
		Jobs: []client.JobStatus{{ID: "j", Func: "f", State: "running", Total: 8, Done: 3}},
	}
	engines := statusOf(st, false)
	text, page := engines.MIME["text/plain"].(string), engines.MIME["text/html"].(string)
	if n := strings.Count(text, "\n"); n != 2 || strings.Contains(text, "JOB") || !strings.Contains(text, "3 MB") {
		t.Errorf("engines: got %s", text)
	}
	if strings.Count(page, "<tr>") != 3 || !strings.Contains(page, "<td>&lt;host&gt;</td>") {
		t.Errorf("engines: got %s", page)
	}
	all := statusOf(st, true).MIME["text/plain"].(string)
	if !strings.HasPrefix(all, "cluster lab: ") || !strings.Contains(all, "3/8") {
		t.Errorf("status: got %s", all)
	}
	if got := slices.Sorted(maps.Keys(engines.MIME)); !slices.Equal(got, []string{"text/html", "text/plain"}) {
		t.Errorf("got %v", got)
	}
}
