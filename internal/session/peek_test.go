package session

import (
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
)

func TestInspectionShowsAVariablesValue(t *testing.T) {
	s := start(t, Options{})
	nb := &notebook{t: t, s: s}
	nb.cell(`// celsius is a temperature.
type celsius float64
func (celsius) String() string { panic("must not be called") }
x := []any{1, "a", celsius(2), time.Second}
m := map[string]int{"a": 1}
long := strings.Repeat("a", 100000)
func f() {}`)
	for _, tt := range []struct{ src, want string }{
		{"x", "var x []any\n\ndefined in In[1]:4:1\n\nvalue: [1 a 2 1s]"},
		{"m", "value: map[... 1 entry]"},
		{"long", strings.Repeat("a", maxPeek) + "... 99,600 more bytes"},
		{"f", "func f()"},
		{"celsius", "type celsius float64\n\ncelsius is a temperature."},
	} {
		got, ok := s.Inspect(tt.src, len(tt.src), 0)
		if !ok || !strings.Contains(got.Text, tt.want) {
			t.Errorf("%s: got %v %q, want %q", tt.src, ok, got.Text, tt.want)
		}
	}
	if got, _ := s.Inspect("f", 1, 0); strings.Contains(got.Text, "value:") {
		t.Errorf("a function has a value: %q", got.Text)
	}
}

func TestInspectionDoesNotWaitForACell(t *testing.T) {
	s := start(t, Options{})
	nb := &notebook{t: t, s: s}
	nb.cell(`x := 5`)
	out := &record{seen: make(chan struct{}, 1)}
	ended := make(chan error, 1)
	go func() {
		_, err := s.Execute(t.Context(), gocode.Cell{N: 2, Name: "In[2]", Source: `fmt.Println("on it"); for { x++ }`}, out)
		ended <- err
	}()
	<-out.seen
	if got, ok := s.Inspect("x", 1, 0); !ok || strings.Contains(got.Text, "value") {
		t.Errorf("got %v %q", ok, got.Text)
	}
	s.Interrupt()
	<-ended
	if got, _ := s.Inspect("x", 1, 0); !strings.Contains(got.Text, "value: ") {
		t.Errorf("afterwards: got %q", got.Text)
	}
}
