package magic

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// recording is a host that notes what it is asked.
type recording struct {
	vars []Variable
	log  strings.Builder
}

func (r *recording) Code(_ context.Context, src string) error {
	fmt.Fprintf(&r.log, "go %q\n", src)
	return nil
}
func (r *recording) Print(text string)           { r.log.WriteString(text) }
func (r *recording) Page(name string) error      { fmt.Fprintf(&r.log, "page %s\n", name); return nil }
func (r *recording) Who() []Variable             { return r.vars }
func (r *recording) Reset(context.Context) error { r.log.WriteString("reset\n"); return nil }

func TestCellsAreCutIntoMagicsAndGo(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"", "go \"\"\n"},
		{"x := 5 % 2", "go \"x := 5 % 2\"\n"},
		{"s := `\n%who\n`", "go \"s := `\\n%who\\n`\"\n"},
		{"/*\n%who\n*/", "go \"/*\\n%who\\n*/\"\n"},
		{"%reset", "reset\n"},
		{"\n  %reset\nx := 1", "reset\ngo \"\\n        \\nx := 1\"\n"},
		{"%reset\r\nx", "reset\ngo \"      \\r\\nx\"\n"},
		{"%reset\n%reset\n", "reset\nreset\n"},
		{"x?", "page x\n"},
		{" ?fmt.Println ", "page fmt.Println\n"},
		{"%time?", "page %time\n"},
		{"// why?", "go \"// why?\"\n"},
		{"x := 1\ny?", "go \"x := 1\\ny?\"\n"},
	} {
		var h recording
		if err := Run(context.Background(), &h, tt.cell); err != nil {
			t.Errorf("%q: %v", tt.cell, err)
		} else if got := h.log.String(); got != tt.want {
			t.Errorf("%q:\ngot  %s\nwant %s", tt.cell, got, tt.want)
		}
	}
}

func TestTimeKeepsLinesAndColumns(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"%time  f(x)", "       f(x)"},
		{"\n%time f()\n", "\n      f()\n"},
		{"%%time\nf()\ng()", "      \nf()\ng()"},
	} {
		var h recording
		if err := Run(context.Background(), &h, tt.cell); err != nil {
			t.Fatal(err)
		}
		first, second, _ := strings.Cut(h.log.String(), "\n")
		if want := fmt.Sprintf("go %q", tt.want); first != want || !strings.HasPrefix(second, "time: ") {
			t.Errorf("%q: got %q and %q, want %q and the time", tt.cell, first, second, want)
		}
	}
}

func TestWrongUses(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"%tme f()", "unknown magic %tme; did you mean %time?"},
		{"%%tme\nf()", "unknown magic %%tme; did you mean %%time?"},
		{"%matplotlib inline", "unknown magic %matplotlib; %lsmagic lists those that there are"},
		{"%", "unknown magic %; %lsmagic lists those that there are"},
		{"%%who", "%%who: this magic takes a line, not a cell: write %who"},
		{"%time", "%time: there is no Go to execute: write %time GO, or %%time above the cell's Go"},
		{"%help hlp", "unknown magic %hlp; did you mean %help?"},
	} {
		var h recording
		err := Run(context.Background(), &h, tt.cell)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.cell, err, tt.want)
		}
		if h.log.Len() > 0 {
			t.Errorf("%q: it did something: %s", tt.cell, h.log.String())
		}
	}
}

func TestWho(t *testing.T) {
	h := recording{vars: []Variable{{"xs", "var", "[]float64"}, {"f", "func", "func(int) int"}, {"x", "var", "int"}}}
	for _, tt := range []struct{ cell, want string }{
		{"%who", "func  f   func(int) int\nvar   x   int\nvar   xs  []float64\n"},
		{"%who xs", "var  xs  []float64\n"},
		{"%who z", "no names that begin with z\n"},
	} {
		h.log.Reset()
		if err := Run(context.Background(), &h, tt.cell); err != nil {
			t.Fatal(err)
		}
		if got := h.log.String(); got != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.cell, got, tt.want)
		}
	}
}

func TestHelpKnowsEveryMagic(t *testing.T) {
	for _, name := range Names() {
		var all, one recording
		if err := Run(context.Background(), &all, "%help"); err != nil {
			t.Fatal(err)
		}
		if err := Run(context.Background(), &one, "%help "+name); err != nil {
			t.Fatal(err)
		}
		if doc := commands[name].doc; !strings.Contains(all.log.String(), doc) || !strings.Contains(one.log.String(), doc) {
			t.Errorf("%%help or %%help %s does not say %q", name, doc)
		}
	}
}

func TestRound(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{123456789: 123 * time.Millisecond, 999: 999, 0: 0, 1234: 1230} {
		if got := round(d); got != want {
			t.Errorf("%v: got %v, want %v", d, got, want)
		}
	}
}
