package labelled

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/session/host"
)

// record is a sink that keeps what comes.
type record struct{ strings.Builder }

func (r *record) Stdout(text string) { r.WriteString(text) }
func (r *record) Stderr(text string) { r.WriteString("(" + text + ")") }
func (r *record) Display(d host.Data) {
	fmt.Fprintf(r, "%v id=%t update=%t\n", d.MIME, d.ID != "", d.Update)
}

func TestLinesAreMarkedWithTheirEngine(t *testing.T) {
	var r record
	w := New(&r)
	w.Print(1, false, "one\ntw")
	w.Print(0, false, "zero\n")
	w.Print(0, true, "oh")
	w.Print(1, false, "o\n")
	w.Rest(0)
	w.Print(2, false, "last")
	w.End()
	want := "[stdout:1] one\n[stdout:0] zero\n[stdout:1] two\n([stderr:0] oh\n)[stdout:2] last\n"
	if r.String() != want {
		t.Errorf("got %q", r.String())
	}
}

func TestDisplaysAreLabelled(t *testing.T) {
	for _, tt := range []struct {
		data host.Data
		want string
	}{
		{host.Data{MIME: map[string]any{"text/plain": "a"}}, "map[text/plain:[output:3] a] id=false update=false\n"},
		{host.Data{MIME: map[string]any{"text/plain": "a\nb"}, ID: "x", Update: true}, "map[text/plain:[output:3]\na\nb] id=true update=true\n"},
		{host.Data{MIME: map[string]any{"text/html": "<p>"}}, "map[text/html:<div><code>[output:3]</code></div>\n<p> text/plain:[output:3] <text/html>] id=false update=false\n"},
		{host.Data{MIME: map[string]any{"image/png": "x"}}, "map[text/plain:[output:3]] id=false update=false\nmap[image/png:x] id=false update=false\n"},
	} {
		var r record
		New(&r).Display(3, tt.data)
		if r.String() != tt.want {
			t.Errorf("got  %q\nwant %q", r.String(), tt.want)
		}
	}
}
