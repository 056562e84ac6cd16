package worker

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// GeneratedFile is where generated code says that it comes from, if it is nobody's.
const GeneratedFile = "generated.go"

// maxLines bounds the lines of a trace.
const maxLines = 64

// trace lists the user's functions on the calling goroutine's stack, which is panicking.
func (p *Program) trace(skip int) string {
	pcs := make([]uintptr, 1<<10)
	for {
		n := runtime.Callers(skip+1, pcs)
		if n < len(pcs) || n > 1<<22 {
			pcs = pcs[:n]
			break
		}
		pcs = make([]uintptr, 8*len(pcs))
	}
	var lines []string
	repeats := 0
	flush := func() {
		if repeats > 0 {
			lines = append(lines, fmt.Sprintf("\t... %d more", repeats))
		}
		repeats = 0
	}
	last := ""
	for frames := runtime.CallersFrames(pcs); ; {
		fr, more := frames.Next()
		if line, ok := p.frame(fr.Function, fr.File, fr.Line); ok && line == last {
			repeats++
		} else if ok {
			flush()
			lines = append(lines, line)
			last = line
		}
		if !more {
			break
		}
	}
	flush()
	if hidden := len(lines) - maxLines; hidden > 0 {
		lines = append(append(lines[:maxLines/2:maxLines/2], fmt.Sprintf("\t... %d more", hidden)), lines[len(lines)-maxLines/2:]...)
	}
	return strings.Join(lines, "\n")
}

// frame is the line of a trace for a frame, if it is the user's.
func (p *Program) frame(function, file string, line int) (string, bool) {
	name, ok := strings.CutPrefix(function, cmp.Or(p.Package, "main")+".")
	if !ok || name == "main" || line <= 0 || file == GeneratedFile || strings.HasPrefix(file, "<") {
		return "", false
	}
	text := fmt.Sprintf("\t%s:%d:%d", file, line, max(p.Columns[file][line], 1))
	if user := UserName(name); user != "" {
		text += " in " + user
	}
	return text, true
}

var (
	inner  = regexp.MustCompile(`\.(?:func|gowrap|deferwrap)\d+.*$|-fm$|-range\d+.*$`)
	marked = regexp.MustCompile(`^g__|__\d+\b|\[[^\]]*\]`)
)

// UserName is what people call a function of a program: the declared function around it, "" for the one that is shipped.
func UserName(name string) string {
	name = inner.ReplaceAllString(name, "")
	if strings.HasPrefix(name, "Entry__") {
		return ""
	}
	return marked.ReplaceAllString(name, "")
}

// maxMessage bounds the text of a panic.
const maxMessage = 16 << 10

// panicText is what a program says that ends with a panic.
func panicText(r any) string {
	var text string
	switch r := r.(type) {
	case error:
		text = safely(r.Error)
	case string:
		text = r
	case fmt.Stringer:
		text = safely(r.String)
	default:
		text = safely(func() string { return fmt.Sprintf("%v", r) })
	}
	if text = strings.TrimRight(text, "\n"); len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + " ... (cut)"
	}
	return text
}

// safely contains a user's method that panics while it is asked for a text.
func safely(f func() string) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("(a value whose text cannot be had: %v)", r)
		}
	}()
	return f()
}

// Go runs f concurrently, as a go statement does. A panic in it is reported, and ends only f.
func Go(f func()) {
	go func() { // it is the user's go statement
		defer func() {
			if r := recover(); r != nil {
				fmt.Fprintf(os.Stderr, "panic in a goroutine: %s\n%s\n", panicText(r), current.trace(2))
			}
		}()
		f()
	}()
}

// current is the program that the process runs.
var current = &Program{}
