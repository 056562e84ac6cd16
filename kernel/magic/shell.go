package magic

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session"
)

const (
	shellHelp = `
  !ls -l *.csv
  !go version && git status

The command runs in the session's directory and with its environment; its output is shown as it comes, and its standard input is empty.
A status other than 0 fails the cell. An interrupt ends the command and all that it has started. A line of Go that begins with ! is
written in brackets: (!ok).
`
	scriptHelp = `
  %%bash -e
  cd data
  wc -l *.csv

The script runs as !COMMAND does; options go to the shell. Lines in the shell's messages are the cell's.
`
)

func prepareShell(c call) (action, error) {
	if c.args == "" {
		return nil, wrong(c, "there is no command")
	}
	return func(ctx context.Context, h Host) error {
		if isBool(h, c.args) {
			return wrong(c, "it runs a command; as Go, write (!%s)", c.args)
		}
		if isCd.MatchString(c.args) {
			warn(h, "!cd changes the directory of its own shell only; %%cd changes the session's\n")
		}
		return execute(ctx, h, shell(c.args))
	}, nil
}

// isBool reports whether a command line is the name of a variable that Go could negate.
func isBool(h Host, line string) bool {
	return slices.ContainsFunc(h.Session().Who(), func(d gocode.Decl) bool { return d.Name == line && d.Kind == gocode.KindVar && d.Type == "bool" })
}

func prepareScript(c call) (action, error) {
	options := strings.Fields(c.args)
	for _, o := range options {
		if !strings.HasPrefix(o, "-") && !strings.HasPrefix(o, "+") {
			return nil, wrong(c, "%q is no option of the shell", o)
		}
	}
	// An empty line stands where the magic is, so that the shell's line numbers are the cell's.
	script := strings.Repeat("\n", c.line+1) + c.body
	return func(ctx context.Context, h Host) error {
		if _, err := exec.LookPath(c.name); err != nil {
			return missing(c)
		}
		return execute(ctx, h, append(append([]string{c.name}, options...), "-c", script))
	}, nil
}

func missing(c call) error {
	if runtime.GOOS == "windows" {
		return failed("%%%%%s: there is no %s on the PATH; Git for Windows and WSL bring one, and !COMMAND runs a command with cmd.exe", c.name, c.name)
	}
	return failed("%%%%%s: there is no %s on the PATH", c.name, c.name)
}

var isCd = regexp.MustCompile(`^cd(\s[^&|;]*)?$`)

// lastOutput is how long an interrupted command may take to end, and how long output is awaited of what a command has left running.
const lastOutput = 300 * time.Millisecond

// execute runs a program where the session is, and shows what it prints.
func execute(ctx context.Context, h Host, argv []string) error {
	at, err := h.Session().Place(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = at.Dir, at.Env, lastOutput
	end := grouped(cmd)
	defer end()
	var mu sync.Mutex
	out, errs := &stream{mu: &mu, show: h.Output().Stdout}, &stream{mu: &mu, show: h.Output().Stderr}
	cmd.Stdout, cmd.Stderr = out, errs
	err = cmd.Run()
	out.end()
	errs.end()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return interrupted()
	case errors.As(err, &exit):
		return &Error{EName: exitName, Message: exit.String()}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return failed("cannot run %s: %v", argv[0], err)
	}
	return nil
}

// interrupted is the error of a magic that was interrupted, as that of a cell is.
func interrupted() error {
	return &session.CellError{Kind: proto.KindCancelled, EName: session.InterruptName, Message: "interrupted", Trace: []string{session.InterruptName + ": interrupted"}}
}

// stream shows what is written to it as text: what of a character has not come yet waits for the rest.
type stream struct {
	mu   *sync.Mutex
	show func(text string)
	held []byte
}

// Write shows all whole characters.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := append(s.held, p...)
	whole := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if tail := text[len(text)-back:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= back
			}
			break
		}
	}
	s.held = append([]byte(nil), text[whole:]...)
	if whole > 0 {
		s.show(strings.ToValidUTF8(string(text[:whole]), "\uFFFD"))
	}
	return len(p), nil
}

// end shows what has been held back.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held) > 0 {
		s.show("\uFFFD")
		s.held = nil
	}
}
