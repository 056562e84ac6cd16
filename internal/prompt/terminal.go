package prompt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// ErrInterrupted is Ctrl-C at the prompt. ErrTaken is the answer where something else is being edited already.
var (
	ErrInterrupted = errors.New("interrupted")
	ErrTaken       = errors.New("standard input belongs to the prompt now")
)

// Terminal is a real terminal. While a text is edited it is in raw mode; what is written meanwhile appears above the prompt.
type Terminal struct {
	in  *os.File
	out io.Writer

	editing sync.Mutex // held by Edit

	mu     sync.Mutex // of what is drawn
	canvas canvas
	active *active
	// tail is the unfinished line that was written last.
	tail string
	keys decoder
}

// active is the text that is being edited.
type active struct {
	editor *Editor
	look   Look
}

// New returns the terminal that in and out are.
func New(in *os.File, out io.Writer) *Terminal { return &Terminal{in: in, out: out} }

// The time that a terminal has for the rest of a key's bytes, and how often it is looked whether the window has another size.
const (
	keyTime  = 50 * time.Millisecond
	lookTime = 100 * time.Millisecond
)

// pasteModes turn on and off that pastes are told from keys.
const (
	pasteModeOn  = "\x1b[?2004h"
	pasteModeOff = "\x1b[?2004l"
)

// Edit has a person edit a text and returns it when Enter is pressed and it is whole. It is io.EOF for Ctrl-D, ErrInterrupted for Ctrl-C.
// The terminal is as it was when Edit returns.
func (t *Terminal) Edit(ctx context.Context, e *Editor, look Look) (string, error) {
	if !t.editing.TryLock() {
		return "", ErrTaken
	}
	defer t.editing.Unlock()
	restore, err := t.raw()
	if err != nil {
		return "", err
	}
	defer func() { restore() }()
	if err := t.ahead(); err != nil {
		return "", err
	}
	t.begin(e, look)
	defer t.leave()
	for {
		out, err := t.keysOf(ctx, e)
		if err != nil {
			return "", err
		}
		switch out {
		case Accepted:
			return e.Text(), nil
		case Interrupted:
			return "", ErrInterrupted
		case Ended:
			return "", io.EOF
		case Cleared:
			t.clear()
		case Suspended:
			t.away()
			restore()
			suspend()
			if restore, err = t.again(); err != nil {
				return "", err
			}
		case Elsewhere:
			t.away()
			restore()
			text, failed := openEditor(ctx, e.Text(), t.in, t.out)
			if restore, err = t.again(); err != nil {
				return "", err
			}
			if failed != nil {
				_, _ = io.WriteString(t, failed.Error()+"\n")
				continue
			}
			e.SetText(text)
		}
	}
}

// Free waits until nothing is edited: who has Edit end by its context knows then that the terminal is as it was.
func (t *Terminal) Free() {
	t.editing.Lock()
	defer t.editing.Unlock()
}

// begin makes a text the one that is drawn. An unfinished line stays in front of it.
func (t *Terminal) begin(e *Editor, look Look) {
	t.mu.Lock()
	defer t.mu.Unlock()
	look.First = t.tail + look.First
	t.tail = ""
	t.canvas = canvas{}
	t.active = &active{e, look}
}

// ahead takes what was typed before: the terminal has made line ends of the Enter key then.
func (t *Terminal) ahead() error {
	if ready, err := readable(t.in, 0); err != nil || !ready {
		return err
	}
	before := len(t.keys.buf)
	if err := t.read(); err != nil {
		return err
	}
	for i, c := range t.keys.buf[before:] {
		if c == '\n' {
			t.keys.buf[before+i] = '\r'
		}
	}
	return nil
}

// keysOf presses the keys that come, and draws, until one leads to something.
func (t *Terminal) keysOf(ctx context.Context, e *Editor) (Outcome, error) {
	for {
		for k, ok := t.keys.next(false); ok; k, ok = t.keys.next(false) {
			if out := t.press(e, k); out != Editing {
				return out, nil
			}
		}
		t.redraw()
		if err := t.fill(ctx); err != nil {
			return Editing, err
		}
	}
}

func (t *Terminal) press(e *Editor, k Key) Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	return e.Press(k)
}

// fill waits for bytes. It redraws if the window's size changes meanwhile.
func (t *Terminal) fill(ctx context.Context) error {
	wait := lookTime
	if len(t.keys.buf) > 0 {
		wait = keyTime
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		ready, err := readable(t.in, wait)
		switch {
		case err != nil:
			return err
		case ready:
			return t.read()
		case len(t.keys.buf) > 0:
			if k, ok := t.keys.next(true); ok { // nothing more comes: Escape
				t.press(t.active.editor, k)
				return nil
			}
		}
		t.redraw()
	}
}

func (t *Terminal) read() error {
	buf := make([]byte, 64<<10)
	n, err := t.in.Read(buf)
	t.keys.buf = append(t.keys.buf, buf[:n]...)
	switch {
	case n > 0:
		return nil
	case err != nil && !errors.Is(err, io.EOF):
		return errors.Join(io.EOF, err) // the terminal is gone
	}
	return io.EOF
}

// raw prepares the terminal for editing.
func (t *Terminal) raw() (restore func(), err error) {
	undo, err := rawMode(t.in, t.out)
	if err != nil {
		return nil, err
	}
	_, _ = io.WriteString(t.out, pasteModeOn)
	return func() {
		_, _ = io.WriteString(t.out, pasteModeOff)
		undo()
	}, nil
}

// again is raw after something else has had the terminal.
func (t *Terminal) again() (restore func(), err error) {
	restore, err = t.raw()
	if err != nil {
		return func() {}, err
	}
	t.mu.Lock()
	t.canvas = canvas{}
	t.mu.Unlock()
	return restore, nil
}

func (t *Terminal) size() (width, height int) {
	if out, ok := t.out.(*os.File); ok {
		width, height, _ = term.GetSize(int(out.Fd()))
	}
	if width < 2 || height < 1 {
		width, height = 80, 24
	}
	return width, height
}

// redraw draws what has changed.
func (t *Terminal) redraw() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.redrawLocked()
}

func (t *Terminal) redrawLocked() {
	if t.active == nil {
		return
	}
	l := t.active.look
	l.Width, l.Height = t.size()
	f := t.active.editor.Frame(l)
	if l.Width == t.canvas.width && f.equal(t.canvas.shown) {
		return
	}
	_, _ = io.WriteString(t.out, t.canvas.draw(f, l.Width))
}

func (f Frame) equal(g Frame) bool {
	if len(f.Rows) != len(g.Rows) || f.Row != g.Row || f.Col != g.Col {
		return false
	}
	for i := range f.Rows {
		if f.Rows[i] != g.Rows[i] {
			return false
		}
	}
	return true
}

// leave ends the editing: the whole text stays on the screen.
func (t *Terminal) leave() {
	t.away()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.active = nil
}

// away leaves the text as it is on the screen, with the cursor on a line of its own below.
func (t *Terminal) away() {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.active.look
	l.Width, l.Height = t.size()
	f := t.active.editor.Final(l)
	if len(f.Rows) > l.Height {
		_, _ = io.WriteString(t.out, t.canvas.erase(l.Width)+strings.Join(f.Rows, "\r\n")+"\r\n")
	} else {
		_, _ = io.WriteString(t.out, t.canvas.draw(f, l.Width)+"\r\n")
	}
	t.canvas = canvas{}
}

func (t *Terminal) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = io.WriteString(t.out, "\x1b[H\x1b[2J")
	t.canvas = canvas{}
}

// Fd is the file descriptor that is written to: who writes can ask for the terminal's width.
func (t *Terminal) Fd() uintptr {
	if out, ok := t.out.(*os.File); ok {
		return out.Fd()
	}
	return ^uintptr(0)
}

// maxTail bounds what is kept of an unfinished line.
const maxTail = 1 << 10

// Write writes output: above the prompt while there is one. What only draws a line anew has no place there.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.active == nil {
		t.remember(string(p))
		return t.out.Write(p)
	}
	if len(p) == 0 || p[0] == '\r' && !bytes.Contains(p, []byte("\n")) {
		return len(p), nil
	}
	text := strings.ReplaceAll(string(p), "\n", "\r\n")
	if !strings.HasSuffix(text, "\n") {
		text += "\r\n"
	}
	width, _ := t.size()
	if _, err := io.WriteString(t.out, t.canvas.erase(width)+text); err != nil {
		return 0, err
	}
	t.canvas = canvas{}
	t.redrawLocked()
	return len(p), nil
}

// remember keeps the end of what was written, if its line is unfinished: it is the beginning of the prompt's line then.
func (t *Terminal) remember(text string) {
	t.tail += text
	t.tail = unstyled(t.tail[strings.LastIndexAny(t.tail, "\r\n")+1:])
	if len(t.tail) > maxTail {
		t.tail = ""
	}
}
