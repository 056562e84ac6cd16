package display

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"reflect"
	"testing"

	"github.com/gocluster/gocluster/internal/session/host"
)

// notebook is a session that keeps what it is shown.
type notebook struct {
	host.Runtime
	shown []host.Data
	calls []string
}

func (n *notebook) Show(d host.Data) { n.shown = append(n.shown, d) }
func (n *notebook) Clear(wait bool)  { n.calls = append(n.calls, fmt.Sprint("clear ", wait)) }
func (n *notebook) Input(prompt string, password bool) (string, error) {
	n.calls = append(n.calls, fmt.Sprint(prompt, password))
	return "answer", nil
}

// in runs f in a notebook.
func in(f func()) *notebook {
	n := &notebook{}
	host.Set(n)
	f()
	return n
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		show func()
		want map[string]any
	}{
		{func() { Text("a") }, map[string]any{"text/plain": "a"}},
		{func() { HTML("<b>") }, map[string]any{"text/html": "<b>"}},
		{func() { Markdown("*a*") }, map[string]any{"text/markdown": "*a*", "text/plain": "*a*"}},
		{func() { Latex("$x$") }, map[string]any{"text/latex": "$x$", "text/plain": "$x$"}},
		{func() { SVG("<svg/>") }, map[string]any{"image/svg+xml": "<svg/>"}},
		{func() { JavaScript("1") }, map[string]any{"application/javascript": "1"}},
		{func() { PNG([]byte{1, 2}) }, map[string]any{"image/png": "AQI="}},
		{func() { JPEG([]byte{1, 2}) }, map[string]any{"image/jpeg": "AQI="}},
		{func() { _ = JSON(map[string]int{"a": 1}) }, map[string]any{"application/json": map[string]any{"a": 1.0}, "text/plain": `{"a":1}`}},
	} {
		n := in(tt.show)
		if len(n.shown) != 1 || !reflect.DeepEqual(n.shown[0], host.Data{MIME: tt.want}) {
			t.Errorf("got %v, want %v", n.shown, tt.want)
		}
	}
	n := in(func() {
		if err := Image(image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
			t.Error(err)
		}
	})
	if s, _ := n.shown[0].MIME["image/png"].(string); len(s) < 20 || s[:8] != "iVBORw0K" {
		t.Errorf("an image is shown as %q", s)
	}
}

func TestWhatCannotBeShownIsAnError(t *testing.T) {
	n := in(func() {
		if JSON(make(chan int)) == nil || Image(image.NewGray(image.Rectangle{})) == nil {
			t.Error("shown")
		}
	})
	if len(n.shown) > 0 {
		t.Errorf("shown: %v", n.shown)
	}
}

func TestAnAreaIsShownOnceAndThenChanged(t *testing.T) {
	var a, b Area
	n := in(func() {
		a.Text("1")
		b.HTML("x")
		a.Markdown("2")
	})
	first, other, second := n.shown[0], n.shown[1], n.shown[2]
	if first.Update || first.ID == "" || !second.Update || second.ID != first.ID || other.Update || other.ID == first.ID {
		t.Errorf("got %+v", n.shown)
	}
}

func TestClearAndInput(t *testing.T) {
	n := in(func() {
		Clear()
		ClearLater()
		if s, err := Password("? "); s != "answer" || err != nil {
			t.Errorf("got %q, %v", s, err)
		}
		if s, err := Input("? "); s != "answer" || err != nil {
			t.Errorf("got %q, %v", s, err)
		}
	})
	if want := []string{"clear false", "clear true", "? true", "? false"}; !reflect.DeepEqual(n.calls, want) {
		t.Errorf("got %q, want %q", n.calls, want)
	}
}

// TestMain begins outside of any notebook: what has a text is printed.
func TestMain(m *testing.M) {
	var b bytes.Buffer
	out = &b
	Markdown("**a**")
	HTML("<b>")
	Clear()
	_, err := Input("?")
	if b.String() != "**a**\n" || !errors.Is(err, ErrNoInput) {
		fmt.Fprintf(os.Stderr, "without a notebook: printed %q, input %v\n", b.String(), err)
		os.Exit(1)
	}
	out = io.Discard
	os.Exit(m.Run())
}
