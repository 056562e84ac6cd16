package display

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

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
	defer host.Set(nil)
	f()
	return n
}

const (
	aPNG  = "\x89PNG\r\n\x1a\n..."
	aJPEG = "\xff\xd8\xff\xe0..."
)

type person struct {
	Name string
	Age  int
}

func (p *person) HTML() string { return "<i>" + p.Name + "</i>" }

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		show func() error
		want map[string]any
	}{
		{shows(Text, "a"), map[string]any{"text/plain": "a"}},
		{shows(HTML, "<b>"), map[string]any{"text/html": "<b>"}},
		{shows(Markdown, "*a*"), map[string]any{"text/markdown": "*a*", "text/plain": "*a*"}},
		{shows(LaTeX, "$x$"), map[string]any{"text/latex": "$x$", "text/plain": "$x$"}},
		{shows(SVG, "<svg/>"), map[string]any{"image/svg+xml": "<svg/>"}},
		{shows(JavaScript, "1"), map[string]any{"application/javascript": "1"}},
		{func() error { return PNG([]byte(aPNG)) }, map[string]any{"image/png": "iVBORw0KGgouLi4=", "text/plain": "<image/png of 11 bytes>"}},
		{func() error { return JPEG([]byte(aJPEG)) }, map[string]any{"image/jpeg": "/9j/4C4uLg==", "text/plain": "<image/jpeg of 7 bytes>"}},
		{func() error { return JSON(map[string]int{"a": 1}) }, map[string]any{"application/json": map[string]any{"a": 1.0}, "text/plain": `{"a":1}`}},
		{func() error { return VegaLite(`{"mark": "bar", "title": "T"}`) }, map[string]any{"application/vnd.vegalite.v5+json": map[string]any{"mark": "bar", "title": "T"}, "text/plain": `<Vega-Lite chart "T">`}},
		{func() error { return VegaLite(map[string]any{"layer": []int{}}) }, map[string]any{"application/vnd.vegalite.v5+json": map[string]any{"layer": []any{}}, "text/plain": `<Vega-Lite chart>`}},
		{func() error { MIME(map[string]any{"x/y": []byte{1, 2}}); return nil }, map[string]any{"x/y": "AQI="}},
		{func() error { Show(12); return nil }, map[string]any{"text/plain": "12"}},
		{func() error { Show(&person{"Ann", 3}); return nil }, map[string]any{"text/html": "<i>Ann</i>", "text/plain": "<*display.person>"}},
	} {
		var err error
		n := in(func() { err = tt.show() })
		if err != nil || len(n.shown) != 1 || !reflect.DeepEqual(n.shown[0], host.Data{MIME: tt.want}) {
			t.Errorf("got %v, %v, want %v", n.shown, err, tt.want)
		}
	}
}

func shows(f func(string), text string) func() error { return func() error { f(text); return nil } }

func TestPicturesAndTables(t *testing.T) {
	n := in(func() {
		if err := errors.Join(Image(image.NewGray(image.Rect(0, 0, 1, 1))), Table([]person{{"Ann", 30}})); err != nil {
			t.Error(err)
		}
	})
	if s, _ := n.shown[0].MIME["image/png"].(string); len(s) < 20 || s[:8] != "iVBORw0K" {
		t.Errorf("an image is shown as %q", s)
	}
	if s, _ := n.shown[1].MIME["text/html"].(string); !strings.Contains(s, "<td style=\"text-align: left\">Ann</td><td>30</td>") {
		t.Errorf("a table is shown as %q", s)
	}
	if got, want := n.shown[1].MIME["text/plain"], "   Name  Age\n0  Ann    30"; got != want {
		t.Errorf("a table's text is %q", got)
	}
}

func TestPlotlyComesWithAPage(t *testing.T) {
	n := in(func() {
		if err := Plotly(`{"data": [{"y": [1, 2], "name": "</script>"}], "layout": {"title": {"text": "T"}}}`); err != nil {
			t.Error(err)
		}
	})
	d := n.shown[0].MIME
	page, _ := d["text/html"].(string)
	if d["text/plain"] != `<Plotly chart "T">` || d["application/vnd.plotly.v1+json"] == nil || !strings.Contains(page, "var figure = {") || strings.Count(page, "</script>") != 1 {
		t.Errorf("got %v", d)
	}
}

func TestWhatCannotBeShownIsAnError(t *testing.T) {
	large := strings.Repeat("a", 33<<20)
	for _, tt := range []struct {
		show func() error
		want string
	}{
		{func() error { return JSON(make(chan int)) }, "cannot show the value as JSON: json: unsupported type: chan int"},
		{func() error { return Image(image.NewGray(image.Rectangle{})) }, "cannot show the image: the image has no pixels"},
		{func() error { return Image(nil) }, "cannot show the image: it is nil"},
		{func() error { return PNG([]byte("GIF8")) }, "cannot show 4 bytes as image/png: they do not begin as such a file does"},
		{func() error { return JPEG(nil) }, "cannot show 0 bytes as image/jpeg"},
		{func() error { return VegaLite("mark") }, "cannot show a Vega-Lite chart: it is no JSON"},
		{func() error { return VegaLite("[]") }, "it is no JSON object"},
		{func() error { return VegaLite("{}") }, "it has no field mark or layer"},
		{func() error { return Plotly([]int{1}) }, "cannot show a Plotly chart: it is no JSON object"},
		{func() error { return Table(3) }, "cannot show a table: int is not a table: give a list of structs"},
		{func() error { return JSON(large) }, "what is to be shown has 66 MB, more than the 32 MB that a notebook can take"},
		{func() error { return File("nothing.png") }, "cannot show a file: stat nothing.png"},
		{func() error { return File(".") }, "cannot show .: it is a directory"},
	} {
		var err error
		if n := in(func() { err = tt.show() }); len(n.shown) > 0 || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %.100v, want %s", err, tt.want)
		}
	}
	n := in(func() { HTML(large) })
	if got := fmt.Sprint(n.shown[0].MIME); !strings.HasPrefix(got, "map[text/plain:what is to be shown has 33 MB") {
		t.Errorf("got %.100s", got)
	}
}

func TestFiles(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"a.png", aPNG, "map[image/png:iVBORw0KGgouLi4= text/plain:<image/png of 11 bytes>]"},
		{"a.JPG", aJPEG, "map[image/jpeg:/9j/4C4uLg== text/plain:<image/jpeg of 7 bytes>]"},
		{"a.svg", "<svg/>", "map[image/svg+xml:<svg/> text/plain:<a.svg>]"},
		{"a.md", "*a*", "map[text/markdown:*a* text/plain:*a*]"},
		{"a.json", `{"a": 1}`, `map[application/json:map[a:1] text/plain:{"a":1}]`},
		{"a.vl.json", `{"mark": "bar"}`, `map[application/vnd.vegalite.v5+json:map[mark:bar] text/plain:<Vega-Lite chart>]`},
		{"a.txt", "text", "map[text/plain:text]"},
		{"Makefile", "all:", "map[text/plain:all:]"},
		{"a.wav", "RIFF", `map[text/html:<audio controls src="data:audio/wav;base64,UklGRg=="></audio> text/plain:<a.wav>]`},
		{"a.gif", "GIF8", "map[image/gif:R0lGOA== text/plain:<a.gif>]"},
		{"a.txt", "\xff", "error: a.txt: cannot show it as text/plain: it is no text"},
		{"a.png", "text", "error: a.png: cannot show 4 bytes as image/png: they do not begin as such a file does"},
		{"a.json", "{", "error: a.json: cannot show it as JSON: it is none"},
		{"a.exe", "MZ", "error: cannot show a.exe: nothing is known of files that end in .exe; read it, and show what is in it with another function of this package"},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile(tt.name, []byte(tt.data), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		n := in(func() { err = File(tt.name) })
		got := fmt.Sprint("error: ", err)
		if err == nil {
			got = fmt.Sprint(n.shown[0].MIME)
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestSeparatedValuesAreATable(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, data := range map[string]string{"a.csv": "\ufeffname,age\nAnn,30\n\"B, C\"\n", "a.tsv": "name\tage\nAnn\t30\nB, C\n"} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		n := in(func() {
			if err := File(name); err != nil {
				t.Error(err)
			}
		})
		if got, want := n.shown[0].MIME["text/plain"], "   name  age\n0  Ann    30\n1  B, C"; got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestHandlesAreTheSameEverywhere(t *testing.T) {
	n := in(func() {
		Handle("a").Text("1")
		Handle("b").Text("2")
		Handle("a").Show(3)
		Handle("a").Again()
		if err := Handle("a").Table(map[string]int{"k": 4}); err != nil {
			t.Error(err)
		}
	})
	var got []string
	for _, d := range n.shown {
		got = append(got, fmt.Sprint(d.ID, d.Update))
	}
	if want := []string{"afalse", "bfalse", "atrue", "afalse"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestProgress drives a bar by a clock of its own.
func TestProgress(t *testing.T) {
	var at time.Time
	n := in(func() {
		p := NewProgress(100)
		p.now = func() time.Time { return at }
		p.started, p.shown = at, at
		p.Add(10) // too soon after the first
		at = at.Add(2 * time.Second)
		p.Add(10)
		p.Label("load")
		at = at.Add(2 * time.Second)
		p.Set(50)
		p.Add(50)
		p.Add(0)
		p.End()
	})
	var got []string
	for _, d := range n.shown[1:] {
		got = append(got, fmt.Sprint(d.MIME["text/plain"]))
	}
	want := []string{
		"[######........................] 20/100 (20 %), 2s, 10/s, 8s left",
		"load [###############...............] 50/100 (50 %), 4s, 12.5/s, 4s left",
		"load [##############################] 100/100 (100 %), 4s, 25/s",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := n.shown[2]; !d.Update || d.ID != n.shown[0].ID || !strings.Contains(fmt.Sprint(d.MIME["text/html"]), `load <progress max="100" value="50"></progress>`) {
		t.Errorf("got %v", d)
	}
}

func TestALoopHasABar(t *testing.T) {
	sum := 0
	n := in(func() {
		for i := range Loop(1000) {
			sum += i
		}
		for range Loop(10) {
			break
		}
	})
	texts := fmt.Sprint(n.shown)
	if sum != 499500 || !strings.Contains(texts, "1000/1000 (100 %)") || !strings.Contains(texts, "0/10 (0 %)") || len(n.shown) > 20 {
		t.Errorf("sum %d, %d shown: %.300s", sum, len(n.shown), texts)
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
	_ = Table(map[string]int{"a": 1})
	p := NewProgress(20)
	for range 20 {
		p.shown = time.Time{}
		p.Add(1)
	}
	bars := strings.Count(b.String(), "[###")
	_, err := Input("?")
	if !strings.HasPrefix(b.String(), "**a**\nkey  value\na        1\n") || bars != 10 || strings.Contains(b.String(), "<b>") || !errors.Is(err, ErrNoInput) {
		fmt.Fprintf(os.Stderr, "without a notebook: printed %q, input %v\n", b.String(), err)
		os.Exit(1)
	}
	out = nil
	os.Exit(m.Run())
}
