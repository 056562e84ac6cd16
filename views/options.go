package views

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/progress"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
)

// Option changes how a job runs. Options are given to With, for all jobs of a view, or among the inputs of a call.
type Option struct{ set func(*settings) error }

// settings are what options set.
type settings struct {
	ctx       context.Context
	label     string
	chunk     int
	retries   int
	timeout   time.Duration
	lookAhead int
	unordered bool
	output    func(Output)
	shows     bool // show says where progress is shown, if anywhere
	show      host.Screen
	cell      string
	line      int
	keep      bool
	needs     []proto.Resource
}

// defaultLookAhead is how many elements of an iterator may be under way.
const defaultLookAhead = 256

func (s settings) with(opts []Option) (settings, error) {
	if len(opts) == 0 {
		return s, nil
	}
	return s.changed(opts)
}

func (s settings) changed(opts []Option) (settings, error) {
	for _, o := range opts {
		if o.set == nil {
			continue
		}
		if err := o.set(&s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// context is what a call waits and submits under.
func (s settings) context() context.Context {
	if s.ctx != nil {
		return s.ctx
	}
	return conn.Ambient()
}

func positive(what string, n int, set func(*settings)) Option {
	return Option{func(s *settings) error {
		if n < 1 {
			return fmt.Errorf("views.%s(%d): it must be at least 1", what, n)
		}
		set(s)
		return nil
	}}
}

// Context binds calls to ctx: when it is cancelled, waiting for them ends and the jobs are cancelled. Without it that is the
// context of the program or cell that calls.
func Context(ctx context.Context) Option {
	return Option{func(s *settings) error { s.ctx = ctx; return nil }}
}

// Label gives jobs a name, which the cluster's status shows.
func Label(text string) Option {
	return Option{func(s *settings) error { s.label = text; return nil }}
}

// ChunkSize makes tasks of n elements each. Without it the scheduler chooses, by how long elements take.
func ChunkSize(n int) Option {
	return positive("ChunkSize", n, func(s *settings) { s.chunk = n })
}

// Retries tries an element whose function failed up to n more times. Elements whose engine is lost are tried again in
// any case.
func Retries(n int) Option {
	return Option{func(s *settings) error {
		if n < 0 {
			return fmt.Errorf("views.Retries(%d): it cannot be negative", n)
		}
		s.retries = n
		return nil
	}}
}

// Timeout bounds how long the function may run for one element.
func Timeout(d time.Duration) Option {
	return Option{func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("views.Timeout(%v): it must be positive", d)
		}
		s.timeout = d
		return nil
	}}
}

// Needs has each task take n of a named resource of its engine's machine while it runs, such as a GPU or a licence: it runs only where so many
// are free. What a machine has is given in its engine set (resources = { gpu = 2 }), or to goengine (--resources gpu=2). A job for which no
// machine has enough is an error at once, unless an engine set that has not come yet does. A task is a chunk of elements, which run one after the other.
func Needs(name string, n int) Option {
	return Option{func(s *settings) error {
		if name == "" || n < 1 {
			return fmt.Errorf("views.Needs(%q, %d): give a resource's name, and how many of it, at least 1", name, n)
		}
		s.needs = slices.DeleteFunc(slices.Clone(s.needs), func(r proto.Resource) bool { return r.Name == name })
		s.needs = append(s.needs, proto.Resource{Name: name, N: n})
		return nil
	}}
}

// LookAhead bounds how many elements are taken from an iterator before earlier ones have been used; see [Result.All]. Large elements are
// bounded by their bytes, too.
func LookAhead(n int) Option {
	return positive("LookAhead", n, func(s *settings) { s.lookAhead = n })
}

// Ordered makes [Result.All] go through the elements in the order of the inputs, which it does without options.
func Ordered() Option {
	return Option{func(s *settings) error { s.unordered = false; return nil }}
}

// AsCompleted makes [Result.All] go through the elements as they are completed.
func AsCompleted() Option {
	return Option{func(s *settings) error { s.unordered = true; return nil }}
}

// Output is text that a running task printed.
type Output struct {
	Engine int
	// Element is the index of the first element of the task that printed.
	Element int
	Stderr  bool
	// Text is what was printed, or the plain text of Shown.
	Text string
	// Shown is what was displayed, nil where text was printed. If it can be changed it has an ID, and Update says that it takes the place
	// of what has that ID.
	Shown  *Shown
	ID     string
	Update bool
}

// Cell names the source that Execute runs, and the number of its first line, for the positions in errors. Without it engines count.
func Cell(name string, line int) Option {
	return Option{func(s *settings) error { s.cell, s.line = name, line; return nil }}
}

// Keep makes Execute bring the values of the last expressions along, besides what they show: see [Shown].
func Keep() Option {
	return Option{func(s *settings) error { s.keep = true; return nil }}
}

// Live calls f with what tasks print and display, while they run. It is called from another goroutine, and must not wait for results.
func Live(f func(Output)) Option {
	return Option{func(s *settings) error { s.output = f; return nil }}
}

// ShowProgress has calls that wait for long show on w how far the job is: as a line that changes if it is a terminal, else as a line every
// half minute. In cells of a notebook, and at a prompt, they do so without being asked; there ShowProgress(nil) has them show neither that nor
// what tasks print.
func ShowProgress(w io.Writer) Option {
	return Option{func(s *settings) error {
		s.shows, s.show = true, nil
		if w != nil {
			s.show = &onWriter{line: progress.NewLine(w)}
		}
		return nil
	}}
}

// quiet tells that progress is shown nowhere.
func (s settings) quiet() bool { return s.screen() == nil }

// screen is where progress is shown, nil for nowhere.
func (s settings) screen() host.Screen {
	if s.shows {
		return s.show
	}
	return host.Here()
}

func newOutput(o proto.Output) Output {
	out := Output{Engine: int(o.Engine), Element: o.First, Stderr: o.Stderr, Text: o.Text}
	var shown struct {
		MIME, Metadata map[string]any
		ID             string
		Update         bool
	}
	if len(o.Shown) > 0 && json.Unmarshal(o.Shown, &shown) == nil {
		out.Shown, out.ID, out.Update = &Shown{MIME: shown.MIME, Metadata: shown.Metadata}, shown.ID, shown.Update
	}
	return out
}
