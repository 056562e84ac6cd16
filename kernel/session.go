package kernel

import (
	"context"
	"time"
)

type Cell struct {
	N      int
	Name   string
	Source string
	Line   int
}
type Output interface {
	Stdout(text string)
	Stderr(text string)
	Display(Data)
	Clear(wait bool)
	Input(prompt string, password bool) (string, error)
}
type Data struct {
	MIME     map[string]any
	Metadata map[string]any
	ID       string
	Update   bool
}
type Result struct {
	Value    *Data
	Imported []string
	Duration time.Duration
}
type Item struct{ Text, Kind, Signature string }
type Completion struct {
	Start, End int
	Items      []Item
}
type Info struct{ Text, Markdown string }
type Decl struct{ Name, Kind, Type string }

// Session is what the kernel needs of a session.
type Session interface {
	Execute(ctx context.Context, c Cell, out Output) (*Result, error)
	Complete(src string, cursor int) Completion
	Inspect(src string, cursor, level int) (Info, bool)
	IsComplete(src string) (status, indent string)
	Who() []Decl
	Clear(ctx context.Context) error
	Close() error
}

type Position struct {
	File      string
	Line, Col int
}
type CellError struct {
	EName     string
	Message   string
	Hint      string
	Trace     []string
	Positions []Position
}

func (e *CellError) Error() string { return e.Message }
