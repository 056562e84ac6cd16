package views

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/conn/conntest"
	"github.com/gocluster/gocluster/internal/session/host"
)

// page keeps what is shown, in its order.
type page struct{ strings.Builder }

func (p *page) Stdout(text string) { p.WriteString(text) }
func (p *page) Stderr(text string) { p.WriteString("!" + text) }
func (p *page) Display(d host.Data) {
	text, _ := d.MIME["text/plain"].(string)
	p.WriteString("<" + text + ">")
}

// shownUnder is what is shown of what say has tasks say.
func shownUnder(t *testing.T, say func(u *under)) string {
	t.Helper()
	var p page
	synctest.Test(t, func(t *testing.T) {
		cluster := conntest.New(1, nil)
		c, err := conn.Dial(t.Context(), conn.Config{Dial: cluster.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Close()
		defer c.Close()
		u := newUnder(c, &p)
		say(u)
		u.end()
		u.flush()
	})
	return p.String()
}

func TestTasksSpeakUnderTheCell(t *testing.T) {
	got := shownUnder(t, func(u *under) {
		u.take(Output{Engine: 1, Text: "a\nb"})
		u.take(Output{Engine: 0, Text: "c\n", Stderr: true})
		u.take(Output{Engine: 1, Text: "b\nlast"})
		u.take(Output{Engine: 1, Shown: &Shown{MIME: map[string]any{"text/plain": "chart"}}, Text: "chart\n"})
		u.take(Output{Engine: 0, Text: "x"})
		u.rest(0)
	})
	if want := "[stdout:1] a\n![stderr:0] c\n[stdout:1] bb\n[stdout:1] last\n<[output:1] chart>[stdout:0] x\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWhatComesTooFastIsWithheldByLines(t *testing.T) {
	got := shownUnder(t, func(u *under) {
		for range 600 {
			u.take(Output{Text: "line\n"})
		}
		u.take(Output{Text: "half of a "})
		time.Sleep(time.Second) // of the bubble's time
		u.take(Output{Text: "line\nagain\n"})
		for range 60 {
			u.take(Output{Engine: 2, Shown: &Shown{}})
		}
		for _, text := range []string{"half", "done"} {
			u.take(Output{Engine: 2, ID: "bar", Update: true, Shown: &Shown{MIME: map[string]any{"text/plain": text}}})
		}
		u.rest(2)
	})
	note := "![101 lines (515 bytes) that tasks printed and 10 things that they displayed came too fast to be shown here; the result's methods Stdout and Stderr have the text]\n"
	if !strings.HasSuffix(got, "<[output:2] done>"+note) || strings.Count(got, "] line\n") != 500 || !strings.Contains(got, "[stdout:0] again\n") || strings.Contains(got, "half") {
		t.Errorf("got %q", got[max(0, len(got)-1000):])
	}
}
