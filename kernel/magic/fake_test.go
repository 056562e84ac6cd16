package magic

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
)

// recording is a host that notes what it is asked.
type recording struct {
	log   strings.Builder
	names []gocode.Decl
	at    session.Place
	tier  session.Tier
	state string
	mod   string
	// aside answers the cells that magics run for themselves.
	aside func(c gocode.Cell) (*session.Result, error)
	fails error // what the user's cells fail with
	last  gocode.Cell
	keys  string // those of the prompt

	cluster Cluster
}

func record(t *testing.T) *recording {
	return &recording{
		at:   session.Place{Dir: t.TempDir(), Env: []string{"HOME=/home/me", "PATH=/bin:/usr/bin", "API_TOKEN=abc"}},
		tier: session.TierNative, state: "native", mod: "module session\n",
	}
}

// run executes a cell and returns what was noted.
func (r *recording) run(source string) (log string, err error) {
	r.log.Reset()
	err = Run(context.Background(), r, gocode.Cell{N: 3, Name: "In[3]", Source: source, Line: 1})
	return strings.ReplaceAll(r.log.String(), r.at.Dir, "DIR"), err
}

func (r *recording) note(format string, args ...any) { fmt.Fprintf(&r.log, format, args...) }

func (r *recording) Execute(_ context.Context, c gocode.Cell) (*session.Result, error) {
	r.last = c
	r.note("%s go %q\n", c.Name, c.Source)
	if r.fails != nil {
		return nil, r.fails
	}
	return &session.Result{Duration: 1500 * time.Millisecond, Compile: 500 * time.Millisecond}, nil
}
func (r *recording) Know(c gocode.Cell)          { r.note("know %s\n", c.Name) }
func (r *recording) Page(info gocode.Info) error { r.note("page %s\n", info.Text); return nil }
func (r *recording) Output() session.Output      { return sink{r} }
func (r *recording) Session() Session            { return fake{r} }
func (r *recording) Cluster() *Cluster           { return &r.cluster }
func (r *recording) Lasting() bool               { return false }
func (r *recording) Keys() string                { return r.keys }

// sink is the recording as an output.
type sink struct{ r *recording }

func (s sink) Stdout(text string) { s.r.note("%s", text) }
func (s sink) Stderr(text string) { s.r.note("(%s)", strings.TrimSpace(text)) }
func (s sink) Display(d session.Data) {
	update := ""
	if d.Update {
		update = "update "
	}
	s.r.note("%s%v\n", update, d.MIME)
}
func (s sink) Clear(bool)                         {}
func (s sink) Input(string, bool) (string, error) { return "", errors.New("nobody") }

// fake is the recording as a session.
type fake struct{ r *recording }

func (f fake) Execute(_ context.Context, c gocode.Cell, _ session.Output) (*session.Result, error) {
	if !c.Aside {
		return nil, errors.New("a cell of the user's, past its host")
	}
	return f.r.aside(c)
}
func (f fake) Inspect(src string, _, level int) (gocode.Info, bool) {
	return gocode.Info{Text: fmt.Sprintf("%s at level %d", src, level)}, src != "nothing"
}
func (f fake) UnitOf(string) (*unit.Unit, error) {
	return &unit.Unit{Name: "f", Main: "package main // f", Source: "package main // lowered", Captures: []unit.Capture{{Name: "k", Type: "int"}}}, nil
}

func (f fake) Peek(low string) (string, bool) { return "value of " + low, low != "busy" }
func (f fake) Who() []gocode.Decl             { return f.r.names }
func (f fake) Clear(context.Context) error    { f.r.note("reset\n"); return nil }
func (f fake) Program() (string, []string, error) {
	return "package main\n", []string{"In[2] is left out"}, nil
}
func (f fake) Place(context.Context) (session.Place, error) { return f.r.at, nil }
func (f fake) Chdir(_ context.Context, dir string) (session.Place, error) {
	if strings.Contains(dir, "missing") {
		return session.Place{}, &session.CellError{Message: "chdir missing: no such file or directory"}
	}
	f.r.note("chdir %s\n", dir)
	return session.Place{Dir: dir}, nil
}
func (f fake) Setenv(_ context.Context, name, value string) error {
	f.r.note("setenv %s %q\n", name, value)
	return nil
}
func (f fake) Unsetenv(_ context.Context, name string) error {
	f.r.note("unsetenv %s\n", name)
	return nil
}
func (f fake) Tier() (session.Tier, string) { return f.r.tier, f.r.state }
func (f fake) SetTier(_ context.Context, t session.Tier) ([]string, error) {
	f.r.note("set %s\n", t)
	f.r.tier, f.r.state = t, string(t)
	return nil, nil
}
func (f fake) Get(_ context.Context, module string, _ session.Output) error {
	f.r.note("get %s\n", module)
	return nil
}
func (f fake) Push(_ context.Context, name, typeText string, _ []byte) error {
	f.r.note("push %s %s\n", name, typeText)
	return nil
}
func (f fake) Mod() string                                 { return f.r.mod }
func (f fake) SetMod(_ context.Context, text string) error { f.r.mod = text; return nil }
