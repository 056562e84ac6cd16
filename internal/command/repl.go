package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"
	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/magic"
	"github.com/gocluster/gocluster/profiles"
)

func replCommand(stdio stdio) *cobra.Command {
	var p place
	c := &cobra.Command{
		Use:   "repl [--n=N | --profile=NAME] [--tier=TIER]",
		Short: "A Go prompt",
		Long: `repl is a session at a prompt. Enter runs a complete input and continues an incomplete one on a new line; Tab completes;
the arrow keys and Ctrl-R reach the inputs of this and earlier sessions; Ctrl-C interrupts what runs; Ctrl-D ends. %help lists the commands that are not Go; NAME? says what a name is.`,
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

func repl(ctx context.Context, stdio stdio, p place) error {
	s, closeSession, err := openSession(ctx, p, "")
	if err != nil {
		return err
	}
	r := &prompt{session: s, term: newTerminal(stdio)}
	if isTerminal(stdio.in) {
		fmt.Fprintf(stdio.out, "gocluster %s. Ctrl-D ends. %%help says what there is; %%tier how cells run.\n", version())
		err = r.interactive(ctx)
	} else {
		err = r.piped(ctx)
	}
	return errors.Join(err, r.cluster.Close(), closeSession())
}

// prompt is the state of a repl.
type prompt struct {
	session *session.Session
	term    *terminal
	cluster magic.Cluster
	n       int
	failed  bool
}

// piped runs inputs that do not come from a person: each as soon as it is complete.
func (r *prompt) piped(ctx context.Context) error {
	var src strings.Builder
	for {
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
	if r.failed {
		return silent{errors.New("an input failed")}
	}
	return nil
}

// incomplete reports whether an input goes on in the next line. A cell magic goes on up to an empty line.
func (r *prompt) incomplete(text string) bool {
	code, open := magic.Go(text)
	if open || strings.TrimSpace(code) == "" {
		return open
	}
	status, _ := r.session.IsComplete(code)
	return status == "incomplete"
}

func (r *prompt) interactive(ctx context.Context) error {
	sh := readline.NewShell(inputrc.WithApp("gocluster"))
	sh.Prompt.Primary(func() string { return fmt.Sprintf("In[%d]: ", r.n+1) })
	sh.Prompt.Secondary(func() string { return "   ...: " })
	sh.AcceptMultiline = func(line []rune) bool {
		return !r.incomplete(string(line))
	}
	sh.Completer = r.complete
	if file, err := historyFile(); err == nil {
		sh.History.AddFromFile("gocluster", file)
	}
	for {
		line, err := sh.Readline()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, readline.ErrInterrupt):
			continue
		case err != nil:
			return fmt.Errorf("cannot read the terminal: %w", err)
		case strings.TrimSpace(line) != "":
			r.execute(ctx, line)
		}
	}
}

// execute runs one input; Ctrl-C interrupts it and no more.
func (r *prompt) execute(ctx context.Context, src string) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	r.n++
	at := gocode.Cell{N: r.n, Name: fmt.Sprintf("In[%d]", r.n), Source: src, Line: 1}
	if err := (cell{r.session, at, r.term, r.term, &r.cluster, func(d session.Data) { r.term.line(plain(d)) }}).run(ctx); err != nil {
		r.failed = true
		r.term.fail(err)
	}
}

// complete offers what the session knows for the cursor's place. The line editor replaces the word before the cursor, so candidates
// are given with what stands before their own start.
func (r *prompt) complete(line []rune, cursor int) readline.Completions {
	before := string(line[:cursor])
	c := magic.Complete(r.session, string(line), len(before))
	word := before[wordStart(before):]
	lead := strings.TrimSuffix(word, before[min(max(c.Start, 0), len(before)):])
	pairs := make([]string, 0, 2*len(c.Items))
	for _, item := range c.Items {
		pairs = append(pairs, lead+item.Text, item.Signature)
	}
	return readline.CompleteValuesDescribed(pairs...).NoSpace()
}

// wordStart is where the blank-separated word at the end of text begins.
func wordStart(text string) int {
	i := strings.LastIndexAny(text, " \t\n")
	if i < 0 {
		return 0
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return i + size
}

func historyFile() (string, error) {
	dir, err := profiles.Dir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(dir, "repl_history"), nil
}
