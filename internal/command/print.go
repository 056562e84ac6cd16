package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/gocluster/gocluster/internal/progress"
	"github.com/gocluster/gocluster/internal/report"
	"github.com/gocluster/gocluster/internal/session"
)

// terminal shows what a cell does on stdout and stderr, as it comes.
type terminal struct {
	stdio
	lines *bufio.Reader

	mu sync.Mutex // guards the rest, and what is printed
	// status is the terminal's last line.
	status *progress.Line
	// sources are the cells that were run, for the lines that errors show; colour is set where errors may be coloured.
	sources report.Sources
	colour  bool
	// outLine is set while stdout's last line is unfinished, so that a value or an error begins a line of its own.
	outLine bool
	errLine bool
	// shown is the text of what can be changed, by its id: what changes but not in its text is not printed again.
	shown map[string]string
	// ask, if there is a prompt, has the person at it answer a question.
	ask func(question string, password bool) (string, error)
}

func newTerminal(io stdio) *terminal {
	colour := isTerminal(io.err) && colourful()
	return &terminal{stdio: io, lines: bufio.NewReader(io.in), colour: colour, status: progress.NewLine(io.err)}
}

// colourful tells whether a person wants colours, and has a terminal that knows them.
func colourful() bool { return os.Getenv("NO_COLOR") == "" && !dumb() }

// dumb tells that the terminal understands no escape sequences.
func dumb() bool { return os.Getenv("TERM") == "dumb" }

func (t *terminal) Stdout(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text == "" {
		return
	}
	t.above(func() {
		_, _ = io.WriteString(t.out, text)
		t.outLine = !strings.HasSuffix(text, "\n")
	})
}

func (t *terminal) Stderr(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.above(func() {
		_, _ = io.WriteString(t.err, text)
		t.errLine = text != "" && !strings.HasSuffix(text, "\n")
	})
}

// above prints above the status line. The caller holds mu.
func (t *terminal) above(print func()) {
	t.status.Hide()
	print()
	if !t.outLine && !t.errLine {
		t.status.Draw()
	}
}

// Failed shows the panic of a goroutine.
func (t *terminal) Failed(e *session.CellError) {
	t.Stderr(report.Of(e, &t.sources).Text(t.colour) + "\n")
}

func (t *terminal) Display(d session.Data) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if is, _ := progress.Of(d); is {
		t.progress(d)
		return
	}
	text := plain(d)
	if d.ID != "" {
		if d.Update && t.shown[d.ID] == text {
			return
		}
		if t.shown == nil {
			t.shown = map[string]string{}
		}
		t.shown[d.ID] = text
	}
	if text != "" {
		t.print(text)
	}
}

// progress shows how far something is. The caller holds mu.
func (t *terminal) progress(d session.Data) {
	t.begin()
	if t.errLine {
		fmt.Fprintln(t.err)
		t.errLine = false
	}
	t.status.Show(d)
}

// rest leaves what a cell that has ended shows of its progress as it is. The terminal may be the user's now.
func (t *terminal) rest() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Forget()
	t.status.Pause()
}

// work lets the cell that begins show its progress.
func (t *terminal) work() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Resume()
}

// begin ends an unfinished line. The caller holds mu.
func (t *terminal) begin() {
	if t.outLine {
		fmt.Fprintln(t.out)
		t.outLine = false
	}
}

// fresh ends whatever line is unfinished.
func (t *terminal) fresh() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin()
	if t.errLine {
		fmt.Fprintln(t.err)
		t.errLine = false
	}
}

func (t *terminal) Clear(bool) {}

// Input asks for a line, without echo for a password where the input is a terminal.
func (t *terminal) Input(prompt string, password bool) (string, error) {
	t.mu.Lock()
	t.status.Pause()
	if t.ask != nil { // what is unfinished is the question's beginning
		t.outLine, t.errLine = false, false
	}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.status.Resume()
	}()
	if t.ask != nil {
		return t.ask(prompt, password)
	}
	fmt.Fprint(t.out, prompt)
	if password {
		if text, ok, err := readPassword(t.in); ok {
			fmt.Fprintln(t.out)
			return text, err
		}
	}
	text, err := t.lines.ReadString('\n')
	if errors.Is(err, io.EOF) && text != "" {
		err = nil
	}
	return strings.TrimRight(text, "\r\n"), err
}

// line prints text on lines of its own.
func (t *terminal) line(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.print(text)
}

// print is line for who holds mu.
func (t *terminal) print(text string) {
	t.above(func() {
		t.begin()
		fmt.Fprintln(t.out, strings.TrimRight(text, "\n"))
	})
}

// fail prints why a cell failed, on lines of its own, and returns what a notebook keeps of it.
func (t *terminal) fail(err error) report.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Hide()
	t.begin()
	r := report.Of(err, &t.sources)
	fmt.Fprintln(t.err, r.Text(t.colour))
	return r
}

// plain is the text of a display; where there is none, what it is.
func plain(d session.Data) string {
	if text, ok := d.MIME["text/plain"].(string); ok {
		return text
	}
	for mime := range d.MIME {
		return "<" + mime + ">"
	}
	return ""
}

func isTerminal(f any) bool {
	file, ok := f.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}
