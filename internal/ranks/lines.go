package ranks

import (
	"bytes"
	"io"
	"sync"
)

// printing is held while lines are printed: they may go to the same terminal.
var printing sync.Mutex

// maxLine bounds a line that is waited for the end of.
const maxLine = 1 << 20

// lines prints whole lines of a rank, with its label.
type lines struct {
	to    io.Writer
	mu    *sync.Mutex
	label string
	begun []byte
	// skip is asked about each line first, while there is one: lines that it takes are not printed.
	skip func(line string) bool
}

func (l *lines) write(p []byte) {
	var out bytes.Buffer
	for line := range bytes.Lines(p) {
		l.begun = append(l.begun, line...)
		if len(l.begun) > 0 && (line[len(line)-1] == '\n' || len(l.begun) >= maxLine) {
			l.line(&out)
		}
	}
	l.print(out.Bytes())
}

// line ends the line that has begun.
func (l *lines) line(out *bytes.Buffer) {
	text := l.begun
	l.begun = nil
	if l.skip != nil && l.skip(string(text)) {
		return
	}
	out.WriteString("[" + l.label + "] ")
	out.Write(bytes.TrimSuffix(text, []byte("\n")))
	out.WriteByte('\n')
}

// rest prints a last line that has no end.
func (l *lines) rest() {
	var out bytes.Buffer
	if len(l.begun) > 0 {
		l.line(&out)
	}
	l.print(out.Bytes())
}

func (l *lines) print(text []byte) {
	if len(text) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.to.Write(text) // who does not listen misses it
}
