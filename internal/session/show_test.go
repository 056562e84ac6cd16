package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session/api"
)

// TestValuesAreShownAlikeInBothTiers runs the cells one after the other; each shows a value in its formats, in order of their names.
func TestValuesAreShownAlikeInBothTiers(t *testing.T) { tiered(t, shownAlike) }

func shownAlike(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{Code: api.Code()})
	for _, c := range []struct{ src, want string }{
		{"type point struct { X, y int; next *point }\nfunc (p point) norm() int { return p.X }\np := point{1, 2, nil}\np", "text/plain {X:1 y:2 next:<nil>}"},
		{"&point{3, 4, &p}", "text/plain &{X:3 y:4 next:&{X:1 y:2 next:<nil>}}"},
		{"[]point{p, {3, 4, &p}}[1:]", "text/html TABLE: X y next / 0 3 4 &amp;{X:1 y:2 next:&lt;nil&gt;} text/plain [{X:3 y:4 next:&{X:1 y:2 next:<nil>}}]"},
		{"map[string]*point{\"a\": &p, \"b\": nil}", "text/html TABLE: X y next / a 1 2 &lt;nil&gt; / b    text/plain map[a:&{X:1 y:2 next:<nil>} b:<nil>]"},
		{"[]map[string]any{{\"k\": 1, \"<\": nil}, {\"k\": p}}", "text/html TABLE: &lt; k / 0 &lt;nil&gt; 1 / 1  {X:1 y:2 next:&lt;nil&gt;} text/plain [map[<:<nil> k:1] map[k:{X:1 y:2 next:<nil>}]]"},
		{"[][]float64{{1, 2.5}, {3}}", "text/html TABLE: 0 1 / 0 1 2.5 / 1 3  text/plain [[1 2.5] [3]]"},
		{"map[float64]bool{math.NaN(): true, 2: false}", "text/html TABLE: key value / NaN true / 2 false text/plain map[NaN:true 2:false]"},
		{"loop := &point{X: 5}; loop.next = loop; loop", "text/plain &{X:5 y:0 next:&{...}}"},
		{"self := []any{1, nil}; self[1] = self; self", "text/plain [1 [...]]"},
		{"p.norm", "text/plain func() int (norm)"},
		{"strings.ToUpper", "text/plain func(s string) string (strings.ToUpper)"},
		{"func double(n int) int { return 2 * n }\ndouble", "text/plain func(n int) int (double)"},
		{"func(n int) int { return n }", "text/plain func(n int) int (function at In[13]:1:1)"},
		{"make(chan point, 3)", "text/plain chan point (0 of 3)"},
		{"type celsius float64\nfunc (c celsius) String() string { return fmt.Sprintf(\"%.1f C\", float64(c)) }\ncelsius(20)", "text/plain 20.0 C"},
		{"type bad int\nfunc (bad) String() string { panic(\"oops\") }\nbad(1)", "text/plain %!v(PANIC=String method: oops)"},
		{"type page struct{ s string }\nfunc (p page) HTML() string { return \"<b>\" + p.s }\nfunc (p *page) SVG() string { return \"<svg/>\" }\npage{\"x\"}", ""},
		{"&page{\"x\"}", "image/svg+xml <svg/> text/html <b>x text/plain <*page>"},
		{"(*page)(nil)", "text/plain <nil>"},
		{"type shot int\nfunc (shot) PNG() ([]byte, error) { return nil, errors.New(\"no film\") }\nfunc (shot) String() string { return \"a shot\" }\nshot(1)", "text/plain a shot\n(its method PNG failed: no film)"},
		{"type many int\nfunc (m many) MIMEBundle() map[string]any { return map[string]any{\"text/markdown\": fmt.Sprint(\"*\", int(m), \"*\")} }\nfunc (many) HTML() string { panic(1) }\nmany(7)", "text/markdown *7* text/plain *7*"},
		{"image.NewGray(image.Rect(0, 0, 3, 3))", "image/png iVBORw0KGg text/plain <image of 3 x 3>"},
		{"time.Second", "text/plain 1s"},
		{"struct { d time.Duration; t time.Time }{d: time.Second}", "text/plain {d:1s t:0001-01-01 00:00:00 +0000 UTC}"},
		{"func three() (int, string, error) { return 1, \"a\", nil }\nthree()", "text/plain (1, a)"},
		{"type gen[T any] struct { v T }\ngen[int]{3}", "text/plain {v:3}"},
		{"make([]int, 5000)[4000:]", "text/plain [" + strings.Repeat("0 ", 999) + "0]"},
		{"[]byte(\"hi\")", "text/plain [104 105]"},
		{"any(nil)", "text/plain <nil>"},
		{"var dynamic any = celsius(21); dynamic", "text/plain 21.0 C"},
		{"var inner interface{ norm() int } = p; inner", "text/plain {X:1 y:2 next:<nil>}"},
		{"dynamic = 5; dynamic", "text/plain 5"},
	} {
		_, res, err := nb.run(t.Context(), c.src)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if got := formatsOf(res); got != c.want && c.want != "" {
			t.Errorf("%s:\ngot  %.2000s\nwant %.2000s", c.src, got, c.want)
		}
	}
}

// formatsOf lists the formats of a value; tables are written in one line.
func formatsOf(res *Result) string {
	if res.Value == nil {
		return ""
	}
	var out []string
	for mime, v := range res.Value.MIME {
		text := fmt.Sprint(v)
		if strings.HasPrefix(text, "<table>") {
			text = "TABLE:" + strings.Join(cells(text), "")
		}
		if strings.HasPrefix(mime, "image/png") {
			text = text[:10]
		}
		out = append(out, mime+" "+text)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// cells are a table's cells, with slashes between rows.
func cells(page string) []string {
	var out []string
	for i, row := range strings.Split(page, "<tr>")[1:] {
		if i > 0 {
			out = append(out, " /")
		}
		row = strings.NewReplacer("</th>", "", "</td>", "", "<td>", "<th>").Replace(strings.ReplaceAll(row, ` style="text-align: left"`, ""))
		for j, c := range strings.Split(row, "<th>")[1:] {
			if c, _, _ = strings.Cut(c, "</tr>"); c != "" || i > 0 || j > 0 {
				out = append(out, " "+c)
			}
		}
	}
	return out
}

func TestShowFindsWhatValuesHave(t *testing.T) { tiered(t, showFinds) }

func showFinds(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{Code: api.Code()})
	out := &record{}
	_, err := nb.s.Execute(t.Context(), gocode.Cell{N: 1, Name: "In[1]", Source: `type page struct{ s string }
func (p page) HTML() string { return "<b>" + p.s }
type celsius float64
func (c celsius) String() string { return fmt.Sprintf("%.1f C", float64(c)) }
var dynamic any = celsius(3)
display.Show(page{"a"}, celsius(2), dynamic, 4, nil)
var area display.Area
area.Show(page{"b"})
display.Table([]page{{"c"}})`}, out)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(out.String(), "\n")
	want := []string{"text/html:<b>a", "text/plain:2.0 C", "text/plain:3.0 C", "text/plain:4", "text/plain:<nil>", "text/html:<b>b", "text/html:<table>"}
	for i, w := range want {
		if i >= len(got) || !strings.Contains(got[i], w) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}
