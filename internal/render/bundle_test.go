package render

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/session/host"
)

type page string

func (p page) HTML() string { return "<b>" + string(p) + "</b>" }

type chart struct{ N int }

func (c *chart) SVG() string          { return fmt.Sprintf("<svg n=%d/>", c.N) }
func (c *chart) PNG() ([]byte, error) { return []byte{1}, nil }

type formula struct{}

func (formula) LaTeX() string { return "$x$" }

type unready struct{}

func (unready) JPEG() ([]byte, error) { return nil, errors.New("no film") }

type both struct{}

func (both) String() string                { return "both" }
func (both) MIMEBundle() map[string]any    { return map[string]any{"text/markdown": "*both*"} }
func (both) HTML() string                  { return "unused" }
func (both) ServeHTTP(w, r map[string]any) {}

type shownType struct{}

func (shownType) CellData() host.Data {
	return host.Data{MIME: map[string]any{"text/html": "h", "text/plain": "p"}, ID: "7"}
}

func TestValuesShowThemselves(t *testing.T) {
	for _, tt := range []struct {
		value any
		want  string
	}{
		{page("a"), "map[text/html:<b>a</b> text/plain:<page>]"},
		{&chart{3}, "map[image/png:[1] image/svg+xml:<svg n=3/> text/plain:<*chart>]"},
		{chart{3}, "map[image/png:[1] image/svg+xml:<svg n=3/> text/plain:<chart>]"},
		{(*chart)(nil), "map[text/plain:<nil>]"},
		{formula{}, "map[text/latex:$x$ text/plain:$x$]"},
		{unready{}, "map[text/plain:{}\n(its method JPEG failed: no film)]"},
		{both{}, "map[text/markdown:*both* text/plain:both]"},
		{shownType{}, "map[text/html:h text/plain:p]"},
		{nil, "map[text/plain:<nil>]"},
		{[]int{1}, "map[text/plain:[1]]"},
		{time.Second, "map[text/plain:1s]"},
	} {
		got := strings.ReplaceAll(fmt.Sprint(Value(tt.value, "").MIME), "render.", "")
		if got != tt.want {
			t.Errorf("%T: got %s, want %s", tt.value, got, tt.want)
		}
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	d := Value(page(strings.Repeat("a", MaxBundle)), "")
	if got := fmt.Sprint(d.MIME); len(d.MIME) != 1 || !strings.Contains(got, "32 MB, more than the 32 MB that a notebook can take") {
		t.Errorf("got %.200s", got)
	}
}

func TestImages(t *testing.T) {
	img := image.NewGray(image.Rect(5, 5, 15, 25))
	d := Value(img, "")
	if d.MIME[TextPlain] != "<image of 10 x 20>" {
		t.Errorf("got %v", d.MIME[TextPlain])
	}
	if back, err := png.Decode(bytes.NewReader(d.MIME[ImagePNG].([]byte))); err != nil || back.Bounds().Dx() != 10 {
		t.Errorf("got %v, %v", back, err)
	}
	if d := Value(image.NewGray(image.Rectangle{}), ""); d.MIME[ImagePNG] != nil || d.MIME[TextPlain] != "<image of 0 x 0>" {
		t.Errorf("an empty image: got %v", d.MIME)
	}
	large, err := PNG(image.NewGray(image.Rect(0, 0, 9000, 100)))
	if err != nil {
		t.Fatal(err)
	}
	if conf, err := png.DecodeConfig(bytes.NewReader(large)); err != nil || conf.Width != 1800 || conf.Height != 20 {
		t.Errorf("a large image: got %v, %v", conf, err)
	}
}

// length and drawing have the shape of gonum's plots.
type length float64

type drawing struct{ fails string }

type canvas string

func (c canvas) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, string(c))
	return int64(n), err
}

func (d *drawing) WriterTo(w, h length, format string) (io.WriterTo, error) {
	if strings.Contains(d.fails, format) {
		return nil, errors.New("no " + format)
	}
	if d.fails == "panic" {
		panic("ink")
	}
	return canvas(fmt.Sprintf("%s of %v x %v", format, float64(w), float64(h))), nil
}

func TestPlots(t *testing.T) {
	for _, tt := range []struct {
		value any
		want  string
	}{
		{&drawing{}, "<*drawing> png of 432 x 288"},
		{drawing{}, "<*drawing> png of 432 x 288"},
		{&drawing{"png"}, "<*drawing> svg of 432 x 288"},
		{&drawing{"png svg"}, "<*drawing: it cannot be drawn: no svg>"},
		{&drawing{"panic"}, "<*drawing: it cannot be drawn: panic: ink>"},
		{(*drawing)(nil), "<nil>"},
	} {
		d := Value(tt.value, "")
		got := strings.ReplaceAll(fmt.Sprint(d.MIME[TextPlain]), "render.", "")
		if b, ok := d.MIME[ImagePNG].([]byte); ok {
			got += " " + string(b)
		}
		if s, ok := d.MIME[ImageSVG].(string); ok {
			got += " " + s
		}
		if got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.value, got, tt.want)
		}
	}
}

type person struct {
	Name string
	Age  int
	boss *person
}

type grid2 struct{ r, c int }

func (g grid2) Dims() (r, c int)    { return g.r, g.c }
func (g grid2) At(i, j int) float64 { return float64(i*10 + j) }

func TestTables(t *testing.T) {
	people := []person{{"Ann", 30, nil}, {"<Bob> & Co", 4, nil}}
	for _, tt := range []struct {
		name  string
		value any
		want  string // the text of the table
	}{
		{"structs", people, "   Name        Age\n0  Ann          30\n1  <Bob> & Co    4"},
		{"pointers", []*person{&people[0], nil}, "   Name  Age\n0  Ann    30\n1"},
		{"maps", []map[string]any{{"a": 1, "b": "x"}, {"c": nil, "a": 2.5}}, "     a  b  c\n0    1  x\n1  2.5     <nil>"},
		{"decoded", []any{map[string]any{"a": 1.0}}, "   a\n0  1"},
		{"map", map[string]int{"b": 2, "a": 1}, "key  value\na        1\nb        2"},
		{"map of structs", map[string]person{"x": people[0]}, "   Name  Age\nx  Ann    30"},
		{"lists", [][]float64{{1, 2}, {3}}, "   0  1\n0  1  2\n1  3"},
		{"matrix", grid2{2, 2}, "    0   1\n0   0   1\n1  10  11"},
	} {
		_, got, err := Table(tt.value)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %v\n%s\nwant\n%s", tt.name, err, got, tt.want)
		}
	}
	for _, v := range []any{nil, 3, "a", []int{1}, []person{}, []time.Time{{}}, []*bad{{1}}, map[string]int{}, []any{person{}, bad{}}, struct{}{}} {
		if _, got, err := Table(v); err == nil || !strings.Contains(err.Error(), "is not a table: give a list") {
			t.Errorf("%T: got %v\n%s", v, err, got)
		}
	}
}

func TestTablesOfValues(t *testing.T) {
	d := Value([]person{{"Ann", 30, nil}, {"<Bob> & Co", 4, nil}}, "")
	want := `<table>
<thead><tr><th></th><th style="text-align: left">Name</th><th>Age</th></tr></thead>
<tbody>
<tr><th>0</th><td style="text-align: left">Ann</td><td>30</td></tr>
<tr><th>1</th><td style="text-align: left">&lt;Bob&gt; &amp; Co</td><td>4</td></tr>
</tbody>
</table>`
	if got := d.MIME[TextHTML]; got != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	if got, want := d.MIME[TextPlain], "[{Name:Ann Age:30 boss:<nil>} {Name:<Bob> & Co Age:4 boss:<nil>}]"; got != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got, want := Value(grid2{2, 2}, "").MIME[TextPlain], "⎡ 0   1⎤\n⎣10  11⎦"; got != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	if got, want := Value(grid2{1, 2}, "").MIME[TextPlain], "[0  1]"; got != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestLargeTablesAreCut(t *testing.T) {
	many := slices.Repeat([]map[string]string{{"long": strings.Repeat("a", 1000)}}, 100_000)
	wide := [][]int{make([]int, 100_000)}
	for name, v := range map[string]any{"long": many, "wide": wide, "matrix": grid2{100_000, 100_000}} {
		html, plain, err := Table(v)
		if err != nil || len(html) > 100_000 || len(plain) > 10_000 {
			t.Errorf("%s: %d and %d bytes, %v", name, len(html), len(plain), err)
		}
		for _, want := range []string{"100,000", " rows x ", " columns"} {
			if !strings.Contains(html, want) || !strings.Contains(plain, want) {
				t.Errorf("%s: %q is not said:\n%s", name, want, plain[max(0, len(plain)-200):])
			}
		}
	}
	if got := Value(grid2{1000, 2}, "").MIME[TextPlain].(string); !strings.HasSuffix(got, "\n(1000 x 2)") {
		t.Errorf("got\n%s", got)
	}
}

func BenchmarkValue(b *testing.B) {
	for name, v := range map[string]any{"number": 42, "struct": person{"Ann", 3, nil}, "list": make([]float64, 1000), "table": make([]person, 1000)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Value(v, "")
			}
		})
	}
}
