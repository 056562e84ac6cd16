package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/prompt"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/history"
	"github.com/gocluster/gocluster/kernel/magic"
)

func replCommand(stdio stdio) *cobra.Command {
	var p place
	c := &cobra.Command{
		Use:   "repl [--n=N | --profile=NAME] [--tier=TIER]",
		Short: "A Go prompt",
		Long: `repl is a session at a prompt. %help lists the commands that are not Go; NAME? says what a name is. Inputs that do not come
from a terminal, and those of a terminal that knows no escape sequences (TERM=dumb), are read line by line. NO_COLOR turns off colours.

The keys:
` + indented(prompt.Keys),
		Example: "  gocluster repl --n=4\n  gocluster repl --profile=default\n  gocluster repl --n=0 --tier=native",
		Args:    cobra.NoArgs,
		PreRunE: p.check,
		RunE: func(c *cobra.Command, _ []string) error {
			return repl(c.Context(), stdio, p)
		},
	}
	p.flags(c)
	return c
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}

func repl(ctx context.Context, stdio stdio, p place) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s, closeSession, err := openSession(ctx, p, "")
	if err != nil {
		return err
	}
	r := &shell{session: s}
	if isTerminal(stdio.in) && isTerminal(stdio.out) && !dumb() {
		err = r.interactive(ctx, stdio)
	} else {
		r.term = newTerminal(stdio)
		err = r.piped(ctx, isTerminal(stdio.in))
	}
	return errors.Join(err, r.cluster.Close(), closeSession())
}

// shell is the state of a repl.
type shell struct {
	session *session.Session
	term    *terminal
	cluster magic.Cluster
	n       int
	failed  bool

	// interrupts are Ctrl-C while a cell runs; cell ends with the cell.
	interrupts chan os.Signal
	cell       context.Context
	running    atomic.Bool
	told       atomic.Int64 // the process whose end the latest cell's error has told

	// What follows is there at a terminal.
	screen  *prompt.Terminal
	history *history.Store
}

// piped runs inputs that are read line by line: each as soon as it is complete. A person is shown what is waited for.
func (r *shell) piped(ctx context.Context, person bool) error {
	var src strings.Builder
	for {
		if person {
			fmt.Fprint(r.term.out, r.question(src.Len() > 0))
		}
		line, err := r.term.lines.ReadString('\n')
		src.WriteString(line)
		text := src.String()
		if err != nil || !r.incomplete(strings.TrimSuffix(text, "\n")) {
			src.Reset()
			if strings.TrimSpace(text) != "" {
				r.execute(ctx, text)
			}
		}
		if err != nil {
			break
		}
	}
	if r.failed && !person {
		return silent{errors.New("an input failed")}
	}
	return nil
}

// question is what stands before an input, or before a further line of one.
func (r *shell) question(further bool) string {
	first := fmt.Sprintf("In[%d]: ", r.n+1)
	if !further {
		return first
	}
	return strings.Repeat(" ", max(0, len(first)-len("...: "))) + "...: "
}

// incomplete reports whether an input goes on in the next line. A cell magic goes on up to an empty line.
func (r *shell) incomplete(text string) bool {
	more, _ := r.Continue(text)
	return more
}

// interactive runs what a person writes at a terminal.
func (r *shell) interactive(ctx context.Context, stdio stdio) error {
	r.screen = prompt.New(stdio.in, stdio.out)
	stdio.out = r.screen
	if isTerminal(stdio.err) {
		stdio.err = r.screen
	}
	r.term = newTerminal(stdio)
	r.term.ask = r.ask
	held := make(chan os.Signal, 1) // at the prompt Ctrl-C is a key: a signal is no reason to end
	signal.Notify(held, os.Interrupt)
	defer signal.Stop(held)
	r.history = openHistory()
	defer r.history.Close()
	beside := group.New(ctx)
	_ = beside.Go("deaths", r.watch)
	defer beside.Stop()

	fmt.Fprintf(r.term.out, "gocluster %s: Tab completes, F1 explains, Ctrl-D ends; %%help says what else there is.\n", version())
	editor := prompt.NewEditor(r, r.inputs)
	for {
		r.term.fresh()
		editor.Reset()
		text, err := r.screen.Edit(ctx, editor, prompt.Look{First: r.question(false), More: r.question(true), Colour: colourful()})
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, prompt.ErrInterrupted):
		case errors.Is(err, prompt.ErrTaken): // by a question of a cell that has just ended
			r.screen.Free()
		case ctx.Err() != nil:
			return silent{errors.New("told to end")}
		case err != nil:
			return fmt.Errorf("cannot use the terminal: %w", err)
		case strings.TrimSpace(text) != "":
			r.execute(ctx, text)
		}
	}
}

// watch tells of the end of the session's process while no cell runs; a cell's own error says it.
func (r *shell) watch(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case d := <-r.session.Deaths():
			if r.running.Load() || r.told.Load() == int64(d.PID) {
				continue
			}
			text := fmt.Sprintf("the session's process %d has ended: %s", d.PID, d.Reason)
			if len(d.Lost) > 0 {
				text += "; these variables are lost: " + strings.Join(d.Lost, ", ")
			}
			r.term.Stderr(text + "\n")
		}
	}
}

// execute runs one input. Ctrl-C interrupts it, at the second time by ending the process that it runs in.
func (r *shell) execute(ctx context.Context, src string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.cell = ctx
	r.running.Store(true)
	defer r.running.Store(false)
	defer func(pid int) {
		if r.session.PID() != pid {
			r.told.Store(int64(pid))
		}
	}(r.session.PID())
	defer r.interruptible(ctx, cancel)()
	r.n++
	if r.history != nil {
		_ = r.history.Add(r.n, src) // a history that cannot be kept is no reason not to run it
	}
	at := gocode.Cell{N: r.n, Name: fmt.Sprintf("In[%d]", r.n), Source: src, Line: 1}
	err := (cell{r.session, at, r.term, r.term, &r.cluster, func(d session.Data) { r.term.line(plain(d)) }}).run(ctx)
	if r.screen != nil { // an interrupt may have come just before the cell asked for input
		cancel()
		r.screen.Free()
	}
	if err != nil {
		r.failed = true
		r.term.fail(err)
	}
}
