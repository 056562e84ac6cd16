package progress

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/gocluster/gocluster/internal/session/host"
)

// Line shows states in the last line of a terminal, below everything else that is printed there. Where there is no terminal, it prints a line
// every half minute, and never a control character. Its methods are called one after the other.
type Line struct {
	w   io.Writer
	tty bool
	// width is that of the terminal, now how late it is.
	width func() int
	now   func() time.Time

	going  []going
	drawn  bool // the line is there
	paused bool
	told   time.Time // when a line was printed, without a terminal
}

// going is a state that goes on.
type going struct{ id, text string }

// sparse is how often a line is printed where there is no terminal.
const sparse = 30 * time.Second

// NewLine returns a line for w, which may be a terminal.
func NewLine(w io.Writer) *Line {
	l := &Line{w: w, width: func() int { return 80 }, now: time.Now}
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		l.told = l.now()
		return l
	}
	l.tty = true
	l.width = func() int {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
		return 80
	}
	return l
}

// Show shows a state.
func (l *Line) Show(d host.Data) {
	text, _ := d.MIME["text/plain"].(string)
	text = strings.ReplaceAll(text, "\n", " ")
	_, goesOn := Of(d)
	i := slices.IndexFunc(l.going, func(g going) bool { return g.id == d.ID })
	switch {
	case goesOn && i < 0:
		l.going = append(l.going, going{d.ID, text})
	case goesOn:
		l.going[i].text = text
	case i >= 0:
		l.going = slices.Delete(l.going, i, i+1)
		l.Hide()
		if l.tty {
			fmt.Fprintln(l.w, text)
		}
	case !d.Update:
		if l.tty {
			fmt.Fprintln(l.w, text)
		}
	}
	l.Draw()
}

// Hide takes the line away, because something else is to be printed.
func (l *Line) Hide() {
	if l.drawn {
		_, _ = io.WriteString(l.w, "\r\x1b[K")
		l.drawn = false
	}
}

// Draw shows the line as it is now, if there is something to show. The cursor has to be at the beginning of a line.
func (l *Line) Draw() {
	switch {
	case len(l.going) == 0 || l.paused:
		l.Hide()
	case l.tty:
		_, _ = io.WriteString(l.w, "\r"+fit(l.text(), l.width()-1)+"\x1b[K")
		l.drawn = true
	case l.now().Sub(l.told) >= sparse:
		l.told = l.now()
		fmt.Fprintln(l.w, l.text())
	}
}

func (l *Line) text() string {
	text := l.going[0].text
	if n := len(l.going) - 1; n > 0 {
		text = fmt.Sprintf("(+%d) %s", n, text)
	}
	return text
}

// Pause takes the line away until Resume, because the user has the terminal.
func (l *Line) Pause() { l.paused = true; l.Hide() }

// Resume ends a pause.
func (l *Line) Resume() { l.paused = false; l.Draw() }

// Forget leaves what has not ended as it is: nobody will say more about it.
func (l *Line) Forget() {
	l.Hide()
	for _, g := range l.going {
		if l.tty {
			fmt.Fprintln(l.w, g.text)
		}
	}
	l.going = nil
}

// bar is the bar in a text, and what stands before and behind it.
var bar = regexp.MustCompile(`^(.*?)\[(#*)(\.*)\] (.*)$`)

// The least that is left of a bar and of what stands before it, where there is little room.
const (
	leastBar  = 10
	leastName = 8
)

// fit is what of a text fits into a number of columns: first the bar gives way, then the name before it, then the bar altogether.
func fit(text string, columns int) string {
	if utf8.RuneCountInString(text) <= columns {
		return text
	}
	m := bar.FindStringSubmatch(text)
	if m == nil {
		return cut(text, columns)
	}
	name, done, words := strings.TrimSpace(m[1]), len(m[2])*leastBar/(len(m[2])+len(m[3])), m[4]
	small := " [" + strings.Repeat("#", done) + strings.Repeat(".", leastBar-done) + "] "
	room := columns - len(small) - utf8.RuneCountInString(words)
	switch {
	case room >= min(leastName, utf8.RuneCountInString(name)):
		return cut(name, room) + small + words
	case columns-1-utf8.RuneCountInString(words) >= min(leastName, utf8.RuneCountInString(name)):
		return cut(name, columns-1-utf8.RuneCountInString(words)) + " " + words
	}
	return cut(words, columns)
}

// cut is the beginning of a text that fits into a number of columns.
func cut(text string, columns int) string {
	if utf8.RuneCountInString(text) <= columns || columns < 1 {
		return text
	}
	return string([]rune(text)[:columns-1]) + "…"
}
