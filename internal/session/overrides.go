package session

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/session/host"
)

// stream prints to one of the process's text pipes, in order.
type stream struct {
	p    *process
	pipe int
}

// Write prints.
func (s stream) Write(b []byte) (int, error) {
	f := os.Stdout
	if s.pipe == pipeStderr {
		f = os.Stderr
	}
	return s.p.out.print(s.pipe, s.p.owners.current(), f, b)
}

// WriteString prints.
func (s stream) WriteString(text string) (int, error) { return s.Write([]byte(text)) }

// Stream returns what takes the place of a standard stream in compiled code.
func (p *process) Stream(f *os.File) any {
	switch f {
	case stdout:
		return stream{p, pipeStdout}
	case stderr:
		return stream{p, pipeStderr}
	case stdin:
		return p.reader(f)
	}
	return f
}

// Scan reads values from standard input, for compiled code.
func (p *process) Scan(read func(io.Reader) (int, error)) (int, error) { return p.scan(os.Stdin, read) }

// ordered puts our writers in place of the process's own, so that what is written is in order. Code may set os.Stdout and os.Stderr to
// something else; that is left alone.
func (p *process) ordered(w io.Writer) io.Writer {
	switch f, _ := w.(*os.File); {
	case f == nil:
	case f == stdout:
		return stream{p, pipeStdout}
	case f == stderr:
		return stream{p, pipeStderr}
	}
	return w
}

var stdout, stderr, stdin = os.Stdout, os.Stderr, os.Stdin

// reader puts our reader, which asks the user, in place of standard input.
func (p *process) reader(r io.Reader) io.Reader {
	if f, ok := r.(*os.File); ok && f == stdin && p.stdin != nil {
		return p.stdin
	}
	return r
}

// scan reads values. Like package fmt on a terminal, it takes the end of the line that it stops at.
func (p *process) scan(r io.Reader, read func(io.Reader) (int, error)) (int, error) {
	in := p.reader(r)
	n, err := read(in)
	if in == p.stdin && p.stdin.Buffered() > 0 {
		if b, _ := p.stdin.Peek(1); b[0] == '\n' {
			_, _ = p.stdin.Discard(1) // it is there
		}
	}
	return n, err
}

// overrides are the symbols of the standard library that behave differently in a session: what is printed is ordered, standard
// input asks the user, exits are announced, and sleeping ends with an interrupt.
func (p *process) overrides() interp.Exports {
	v := reflect.ValueOf
	return interp.Exports{
		"fmt/fmt": {
			"Print":    v(func(a ...any) (int, error) { return fmt.Fprint(p.ordered(os.Stdout), clean(a)...) }),
			"Printf":   v(func(f string, a ...any) (int, error) { return fmt.Fprintf(p.ordered(os.Stdout), f, clean(a)...) }),
			"Println":  v(func(a ...any) (int, error) { return fmt.Fprintln(p.ordered(os.Stdout), clean(a)...) }),
			"Fprint":   v(func(w io.Writer, a ...any) (int, error) { return fmt.Fprint(p.ordered(w), clean(a)...) }),
			"Fprintf":  v(func(w io.Writer, f string, a ...any) (int, error) { return fmt.Fprintf(p.ordered(w), f, clean(a)...) }),
			"Fprintln": v(func(w io.Writer, a ...any) (int, error) { return fmt.Fprintln(p.ordered(w), clean(a)...) }),
			"Sprint":   v(func(a ...any) string { return fmt.Sprint(clean(a)...) }),
			"Sprintf":  v(func(f string, a ...any) string { return fmt.Sprintf(f, clean(a)...) }),
			"Sprintln": v(func(a ...any) string { return fmt.Sprintln(clean(a)...) }),
			"Errorf":   v(func(f string, a ...any) error { return fmt.Errorf(f, clean(a)...) }),
			"Scan": v(func(a ...any) (int, error) {
				return p.scan(os.Stdin, func(r io.Reader) (int, error) { return fmt.Fscan(r, a...) })
			}),
			"Scanf": v(func(f string, a ...any) (int, error) {
				return p.scan(os.Stdin, func(r io.Reader) (int, error) { return fmt.Fscanf(r, f, a...) })
			}),
			"Scanln": v(func(a ...any) (int, error) {
				return p.scan(os.Stdin, func(r io.Reader) (int, error) { return fmt.Fscanln(r, a...) })
			}),
			"Fscan": v(func(r io.Reader, a ...any) (int, error) {
				return p.scan(r, func(r io.Reader) (int, error) { return fmt.Fscan(r, a...) })
			}),
			"Fscanf": v(func(r io.Reader, f string, a ...any) (int, error) {
				return p.scan(r, func(r io.Reader) (int, error) { return fmt.Fscanf(r, f, a...) })
			}),
			"Fscanln": v(func(r io.Reader, a ...any) (int, error) {
				return p.scan(r, func(r io.Reader) (int, error) { return fmt.Fscanln(r, a...) })
			}),
		},
		"io/io": {
			"WriteString": v(func(w io.Writer, s string) (int, error) { return io.WriteString(p.ordered(w), s) }),
			"Copy":        v(func(w io.Writer, r io.Reader) (int64, error) { return io.Copy(p.ordered(w), p.reader(r)) }),
			"ReadAll":     v(func(r io.Reader) ([]byte, error) { return io.ReadAll(p.reader(r)) }),
		},
		"bufio/bufio": {
			"NewReader":     v(func(r io.Reader) *bufio.Reader { return bufio.NewReader(p.reader(r)) }),
			"NewReaderSize": v(func(r io.Reader, n int) *bufio.Reader { return bufio.NewReaderSize(p.reader(r), n) }),
			"NewScanner":    v(func(r io.Reader) *bufio.Scanner { return bufio.NewScanner(p.reader(r)) }),
			"NewWriter":     v(func(w io.Writer) *bufio.Writer { return bufio.NewWriter(p.ordered(w)) }),
		},
		"log/log": {
			"New":     v(func(w io.Writer, prefix string, flag int) *log.Logger { return log.New(p.ordered(w), prefix, flag) }),
			"Fatal":   v(func(a ...any) { p.fatal(fmt.Sprint(clean(a)...)) }),
			"Fatalf":  v(func(f string, a ...any) { p.fatal(fmt.Sprintf(f, clean(a)...)) }),
			"Fatalln": v(func(a ...any) { p.fatal(fmt.Sprintln(clean(a)...)) }),
		},
		"os/os":     {"Exit": v(p.exit)},
		"time/time": {"Sleep": v(p.sleep)},
	}
}

// fatal logs, and exits as package log does.
func (p *process) fatal(text string) {
	_ = log.Output(3, text) // the process ends
	p.exit(1)
}

// sleep ends early when the caller's interpreter is stopped: it runs no further then.
func (p *process) sleep(d time.Duration) {
	p.running.Lock()
	i := p.running.interp
	p.running.Unlock()
	if d <= 0 || i == nil {
		time.Sleep(d)
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-i.Stopped():
	}
}

// lineReader is standard input: each line is asked for when it is read.
type lineReader struct {
	p    *process
	rest string // of a line longer than what was read for
}

// Read asks the user for a line. An interrupt is the end of the input; why there is nobody to ask is an error.
func (l *lineReader) Read(b []byte) (int, error) {
	if l.rest == "" {
		text, err := l.p.Input("", false)
		if errors.Is(err, host.Interrupted) {
			err = io.EOF
		}
		if err != nil {
			return 0, err
		}
		l.rest = strings.TrimSuffix(text, "\n") + "\n"
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// maxLine is what is read ahead of a line at most.
const maxLine = 1 << 20
