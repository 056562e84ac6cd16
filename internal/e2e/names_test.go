package e2e

import (
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/session"
)

// names is a notebook whose functions give and take values in interfaces, with what its cells show.
var names = []cell{
	{`type Celsius float64
func (c Celsius) String() string { return fmt.Sprintf("%.1f degrees", float64(c)) }
type Failure struct{ Code int }
func (f *Failure) Error() string { return fmt.Sprintf("failure %d", f.Code) }
type Box[T any] struct{ V T }
var base = errors.New("base")
view := client.MustConnect().LoadBalanced()
all := client.MustConnect().All()`, ``},
	{`show := func(v any) string { return fmt.Sprintf("%T %v", v, v) }
view.Map(show, []any{Celsius(1), Box[Celsius]{2}, []Celsius{3}, 4.5, &Failure{5}, nil}).Get()`,
		`[main.Celsius 1.0 degrees main.Box[main.Celsius] {2.0 degrees} []main.Celsius [3.0 degrees] float64 4.5 *main.Failure failure 5 <nil> <nil>]`},
	{`back, err := view.Map(func(i int) any { return []any{Celsius(i), Box[int]{i}} }, views.Range(0, 2)).Get()
fmt.Println(back, err, back[1].([]any)[0].(Celsius) == 1, back[1].([]any)[1].(Box[int]).V)`, `[[0.0 degrees {0}] [1.0 degrees {1}]] <nil> true 1`},
	{`_, err = view.Apply(func() (int, error) { return 0, fmt.Errorf("wrapped: %w", &Failure{7}) }).Get()
var f *Failure
fmt.Println(errors.As(err, &f), f.Code)`, `true 7`},
	{`_, err = view.Apply(func() (int, error) { return 0, fmt.Errorf("wrapped: %w", base) }).Get()
_, eof := view.Apply(func() (int, error) { return 0, io.EOF }).Get()
fmt.Println(errors.Is(err, base), errors.Is(err, io.EOF), errors.Is(eof, io.EOF))`, `true false true`},
	{`type Late struct{ A int }`, ``},
	{`again := func(v any) string { return fmt.Sprintf("%T %v", v, v) }
view.Map(again, []any{Late{1}}).Get()`, `[main.Late {1}]`},
	{`type Late struct{ B, C string }
view.Map(func(v any) string { return fmt.Sprintf("%T %v", v, v) }, []any{Late{"b", "c"}}).Get()`, `[main.Late {b c}]`},
	{`type Busy struct{ A int }
var stop = make(chan int)
func (b Busy) Wait() { <-stop }
_, err = view.Map(func(v any) string { return "" }, []any{Busy{1}}).Get()
fmt.Println(strings.Contains(err.Error(), "of type main.Busy, which is not known here"))`, `true`},
	{`fmt.Println(all.Push(map[string]any{"anys": []any{Celsius(1)}}))`, `main.Celsius, which is not known here`},
	{`all.Execute("type Celsius float64; var temps any = []any{Celsius(1), 2}")
all.Pull("temps")`, `[[1.0 degrees 2]]`},
	{`all.Execute("type Kelvin float64; var ks any = []any{Kelvin(1)}")
_, err = all.Pull("ks")
fmt.Println(err)`, `pull ks: it has a value of type main.Kelvin, which engines know and this side does not`},
}

func TestNamesOfTypesInTheTiers(t *testing.T) {
	for _, tier := range []session.Tier{session.TierInterpreted, session.TierNative} {
		t.Run(string(tier), func(t *testing.T) {
			c := start(t, 1)
			s := open(t, c.ConnectionFile(), t.TempDir())
			if _, err := s.SetTier(lab.Patient(t), tier); err != nil {
				t.Fatal(err)
			}
			for i, cell := range names {
				out, err := run(lab.Patient(t), s, i+1, cell.in)
				if got := strings.TrimSpace(out); err != nil || !strings.Contains(got, cell.out) {
					t.Errorf("In[%d]:\n%s\ngot  %s\nwant %s\n%v", i+1, cell.in, got, cell.out, err)
				}
			}
		})
	}
}
