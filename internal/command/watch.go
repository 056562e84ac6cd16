package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/ink"
)

// watchEvery is the time between two looks where --watch tells none, and watchMin the shortest.
const (
	watchEvery = time.Second
	watchMin   = 50 * time.Millisecond
)

// watchFlag adds --watch, or --watch=2s.
func watchFlag(c *cobra.Command, every *time.Duration) {
	c.Flags().DurationVar(every, "watch", 0, "show it again every second, or as often as it says, until Ctrl-C")
	c.Flags().Lookup("watch").NoOptDefVal = watchEvery.String()
}

// look shows what a cluster's client finds, once or, with every, again and again until ctx ends.
func look(ctx context.Context, stdio stdio, profile string, every time.Duration, find func(rc *client.Client) (fmt.Stringer, error)) error {
	if every != 0 && every < watchMin {
		return usagef("--watch=%v: give at least %v", every, watchMin)
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	rc, err := client.Connect(ctx, client.Options{Profile: profile, Events: func(client.Event) {}})
	if err != nil {
		return err
	}
	defer rc.Close()
	s := screen{out: stdio.out}
	for {
		found, err := find(rc)
		switch {
		case err != nil && every > 0 && errors.Is(err, client.ErrController):
			return fmt.Errorf("the cluster has ended: %w", err)
		case err != nil:
			return err
		}
		s.show(found.String())
		if every == 0 {
			return nil
		}
		select {
		case <-time.After(every):
		case <-rc.Done():
		case <-ctx.Done():
			return nil
		}
	}
}

// screen shows a text that changes: on a terminal in its place, elsewhere below it.
type screen struct {
	out   io.Writer
	last  string
	lines int // of the text, on a terminal
}

func (s *screen) show(text string) {
	f, ok := s.out.(*os.File)
	width, height, err := 0, 0, error(nil)
	if ok {
		width, height, err = term.GetSize(int(f.Fd()))
	}
	if !ok || err != nil || width < 1 || height < 2 {
		if text != s.last {
			fmt.Fprintln(s.out, text)
		}
		s.last = text
		return
	}
	lines := fit(text, width, height-1)
	back := "\r"
	if s.lines > 0 {
		back = fmt.Sprintf("\x1b[%dA\r", s.lines)
	}
	fmt.Fprint(s.out, back+"\x1b[J"+strings.Join(lines, "\n")+"\n")
	s.lines = len(lines)
}

// fit cuts a text to so many columns and lines, and says what is not shown.
func fit(text string, width, height int) []string {
	lines := strings.Split(text, "\n")
	if more := len(lines) - height; more > 0 {
		lines = append(lines[:height-1:height-1], fmt.Sprintf("... and %d more lines", more+1))
	}
	for i, line := range lines {
		lines[i] = cut(line, width)
	}
	return lines
}

// cut is what fits into a number of columns.
func cut(line string, width int) string {
	var b strings.Builder
	for _, g := range ink.Layout(line) {
		if g.Col+g.Width > width {
			break
		}
		b.WriteString(g.Text)
	}
	return b.String()
}

func workersCommand(stdio stdio) *cobra.Command {
	var profile string
	var every time.Duration
	c := &cobra.Command{
		Use:     "workers [--profile=NAME] [--watch]",
		Short:   "Show the machines of a running cluster",
		Example: "  gocluster workers\n  gocluster workers --profile=lab --watch",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return look(c.Context(), stdio, profile, every, func(rc *client.Client) (fmt.Stringer, error) { return rc.Workers() })
		},
	}
	profileFlag(c, &profile)
	watchFlag(c, &every)
	return c
}
