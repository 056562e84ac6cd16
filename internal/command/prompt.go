package command

import (
	"context"
	"errors"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/ink"
	"github.com/gocluster/gocluster/internal/prompt"
	"github.com/gocluster/gocluster/kernel/history"
	"github.com/gocluster/gocluster/kernel/magic"
	"github.com/gocluster/gocluster/profiles"
)

var _ prompt.Helper = (*shell)(nil)

// Complete offers what the session knows for the cursor's place.
func (r *shell) Complete(text string, cursor int) prompt.Completion {
	c := magic.Complete(r.session, text, cursor)
	out := prompt.Completion{Start: c.Start, End: c.End}
	for _, item := range c.Items {
		out.Items = append(out.Items, prompt.Candidate{Text: item.Text, Kind: string(item.Kind), Detail: item.Signature})
	}
	return out
}

// Describe says what is at the cursor.
func (r *shell) Describe(text string, cursor, level int) string {
	info, _ := magic.Inspect(r.session, text, cursor, level)
	return info.Text
}

// Continue tells whether an input goes on in the next line.
func (r *shell) Continue(text string) (more bool, indent string) {
	code, open := magic.Go(text)
	if open || code == "" {
		return open, ""
	}
	status, indent := r.session.IsComplete(code)
	return status == "incomplete", indent
}

// Highlight colours Go and magics.
func (r *shell) Highlight(text string) []ink.Span { return ink.Highlight(text) }

// openHistory returns the history that kernels keep, too; one that lasts as long as this session where that cannot be had.
func openHistory() *history.Store {
	if dir, err := historyDir(); err == nil {
		if store, err := history.Open(dir); err == nil {
			return store
		}
	}
	store, _ := history.Open("") // keeps nothing on disk and cannot fail
	return store
}

// historyDir is where the inputs of kernels and prompts are kept.
func historyDir() (string, error) {
	dir, err := profiles.Dir()
	return filepath.Join(dir, "history"), err
}

// inputs are all inputs, the oldest first, of equal ones the latest.
func (r *shell) inputs() []string {
	entries := r.history.Tail(math.MaxInt)
	slices.Reverse(entries)
	seen := map[string]bool{}
	var out []string
	for _, e := range entries {
		if !seen[e.Input] {
			seen[e.Input] = true
			out = append(out, e.Input)
		}
	}
	slices.Reverse(out)
	return out
}

// ask has the person at the terminal answer a question of the cell that runs. Ctrl-C there interrupts the cell.
func (r *shell) ask(question string, password bool) (string, error) {
	text, err := r.screen.Edit(r.cell, prompt.NewEditor(nil, nil), prompt.Look{First: question, Masked: password})
	if errors.Is(err, prompt.ErrInterrupted) {
		r.interrupt()
	}
	return text, err
}

// interruptible has Ctrl-C interrupt a cell until it is told that the cell has ended: at first by cancelling it, then by ending the
// process that it runs in.
func (r *shell) interruptible(ctx context.Context, cancel func()) (ended func()) {
	r.interrupts = make(chan os.Signal, 1)
	signal.Notify(r.interrupts, os.Interrupt)
	beside := group.New(context.WithoutCancel(ctx))
	_ = beside.Go("interrupts", func(ctx context.Context) error {
		for _, interrupt := range []func(){cancel, r.session.Kill} {
			select {
			case <-ctx.Done():
				return nil
			case <-r.interrupts:
				interrupt()
			}
		}
		return nil
	})
	return func() {
		signal.Stop(r.interrupts)
		_ = beside.Stop()
	}
}

// interrupt does what Ctrl-C does while a cell runs.
func (r *shell) interrupt() {
	select {
	case r.interrupts <- os.Interrupt:
	default: // one is on its way
	}
}
