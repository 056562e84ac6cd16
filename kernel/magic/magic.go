package magic

import (
	"context"
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
)

// Host is what magics work with: the cell that they stand in.
type Host interface {
	// Execute executes Go and shows its value. The result is nil if it failed.
	Execute(ctx context.Context, c gocode.Cell) (*session.Result, error)
	// Know is told the text of a file that is executed, so that errors can show its lines.
	Know(c gocode.Cell)
	// Page shows what a name is, beside the notebook where the client can.
	Page(info gocode.Info) error
	// Output takes what the cell prints.
	Output() session.Output
	// Session is where cells are executed.
	Session() Session
	// Cluster is what the session's magics have to do with clusters.
	Cluster() *Cluster
	// Lasting tells whether the cell's output may be changed after the cell has ended.
	Lasting() bool
	// Keys lists the keys of the prompt that the cell was written at; "" if it was written elsewhere.
	Keys() string
}

// Session is what magics need of a session; *session.Session is one.
type Session interface {
	Execute(ctx context.Context, c gocode.Cell, out session.Output) (*session.Result, error)
	Inspect(src string, cursor, level int) (gocode.Info, bool)
	Who() []gocode.Decl
	Peek(low string) (text string, known bool)
	Clear(ctx context.Context) error
	Program() (text string, notes []string, err error)
	Push(ctx context.Context, name, typeText string, value []byte) error

	Place(ctx context.Context) (session.Place, error)
	Chdir(ctx context.Context, dir string) (session.Place, error)
	Setenv(ctx context.Context, name, value string) error
	Unsetenv(ctx context.Context, name string) error

	Tier() (session.Tier, string)
	SetTier(ctx context.Context, t session.Tier) (lost []string, err error)
	Get(ctx context.Context, module string, out session.Output) error
	UnitOf(function string) (*unit.Unit, error)
	Mod() string
	SetMod(ctx context.Context, text string) error
}

var _ Session = (*session.Session)(nil)

// The names of magics' errors.
const (
	usageName  = "UsageError"
	exitName   = "ExitError"
	failedName = "TestFailure"
)

// Error is why a magic failed. Its own name is UsageError, if the magic was wrongly used.
type Error struct {
	// EName is the error's name; "" is UsageError.
	EName   string
	Message string
}

func (e *Error) Error() string { return e.Message }

// Name is the error's name.
func (e *Error) Name() string {
	if e.EName == "" {
		return usageName
	}
	return e.EName
}

func usage(format string, args ...any) error { return &Error{Message: fmt.Sprintf(format, args...)} }

// failed is the error of a magic that was rightly used.
func failed(format string, args ...any) error {
	return &Error{EName: "Error", Message: fmt.Sprintf(format, args...)}
}

// Run executes a cell: its magics and its Go, in their order. Wrong uses of magics are found before anything is executed.
func Run(ctx context.Context, h Host, cell gocode.Cell) error {
	if name, level, ok := question(cell.Source); ok {
		return page(h, name, level)
	}
	steps, err := prepared(cut(cell))
	if err != nil {
		return err
	}
	for _, s := range steps {
		if err := s(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// action is a magic, ready to be carried out.
type action func(ctx context.Context, h Host) error

// prepared makes actions of a cell's pieces.
func prepared(pieces []piece) ([]action, error) {
	var steps []action
	for _, p := range pieces {
		if p.call == nil {
			steps = append(steps, func(ctx context.Context, h Host) error {
				if h.Cluster().isAuto() {
					return px(ctx, h, p.code, h.Cluster().options())
				}
				_, err := h.Execute(ctx, p.code)
				return err
			})
			continue
		}
		m, err := lookup(*p.call)
		if err != nil {
			return nil, err
		}
		do, err := m.prepare(*p.call)
		if err != nil {
			return nil, err
		}
		steps = append(steps, do)
	}
	return steps, nil
}

// page answers a question about a name.
func page(h Host, name string, level int) error {
	if rest, ok := strings.CutPrefix(name, "%"); ok {
		text, err := about(strings.TrimLeft(rest, "%"))
		if err != nil {
			return err
		}
		return h.Page(gocode.Info{Text: text})
	}
	info, found := h.Session().Inspect(name, len(name), level)
	if !found {
		return usage("nothing is known about %s", name)
	}
	return h.Page(info)
}

func say(h Host, format string, args ...any) { h.Output().Stdout(fmt.Sprintf(format, args...)) }

func warn(h Host, format string, args ...any) { h.Output().Stderr(fmt.Sprintf(format, args...)) }
