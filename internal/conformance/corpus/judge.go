package corpus

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session"
)

// outcome is what an item came to.
type outcome int

const (
	right outcome = iota
	refused
	failed
	wrong
	timedOut
)

func (o outcome) String() string {
	return [...]string{"right", "refused", "failed", "wrong", "timed out"}[o]
}

// judge compares what the cells of a program did with what the compiled program does.
func (ref reference) judge(steps []happened) (outcome, string) {
	var stdout, stderr, mixed strings.Builder
	for i, h := range steps {
		stdout.WriteString(h.stdout)
		stderr.WriteString(h.stderr)
		mixed.WriteString(h.mixed)
		switch {
		case h.timeout:
			return timedOut, where(steps, i)
		case h.err != nil:
			if o, diff := failure(h.err); o != wrong || ref.Exit == 0 && !ref.died(h.err) {
				return o, where(steps, i) + diff
			}
			if !ref.died(h.err) {
				return wrong, fmt.Sprintf("%swant %s, got %v", where(steps, i), lastLines(ref), oneLine(h.err))
			}
			if ref.mixed {
				return compare(pair{"output", ref.Stdout, mixed.String()})
			}
			return compare(pair{"stdout", ref.Stdout, stdout.String()})
		case h.value != "":
			return wrong, where(steps, i) + "shows " + clip(h.value)
		}
	}
	switch {
	case ref.Exit != 0:
		return wrong, "want " + lastLines(ref) + ", got no error"
	case ref.mixed:
		return compare(pair{"output", ref.Stdout, mixed.String()})
	}
	return compare(pair{"stdout", ref.Stdout, stdout.String()}, pair{"stderr", ref.Stderr, stderr.String()})
}

// where names a cell, if there are several.
func where(steps []happened, i int) string {
	if len(steps) < 2 {
		return ""
	}
	return fmt.Sprintf("In[%d]: ", i+1)
}

// panicked finds the message of a panic in what a program writes when it dies.
var panicked = regexp.MustCompile(`(?m)^panic: (.*?)( \[recovered.*\])?$`)

// died reports whether err tells what the compiled program died of.
func (ref reference) died(err error) bool {
	if m := panicked.FindStringSubmatch(ref.Stderr); m != nil && ref.Exit == 2 {
		return strings.Contains(err.Error(), m[1])
	}
	return strings.Contains(err.Error(), fmt.Sprintf("exit status %d", ref.Exit)) || strings.Contains(err.Error(), fmt.Sprintf("os.Exit(%d)", ref.Exit))
}

func lastLines(ref reference) string {
	if m := panicked.FindStringSubmatch(ref.Stderr); m != nil {
		return "panic: " + clip(m[1])
	}
	return fmt.Sprintf("exit status %d", ref.Exit)
}

// failure tells refusals from other errors.
func failure(err error) (outcome, string) {
	var e *session.CellError
	switch {
	case !errors.As(err, &e):
		return failed, oneLine(err)
	case isRefusal(e), strings.Contains(e.Message, unknown):
		return refused, e.Message
	case e.Kind == proto.KindCompile || e.Kind == proto.KindInternal:
		return failed, oneLine(err)
	}
	return wrong, oneLine(err)
}

// isRefusal reports whether an error names a construct that the interpreter does not run, its place, and what to do.
func isRefusal(e *session.CellError) bool {
	return strings.HasPrefix(e.Message, "the interpreter does not run ") && len(e.Positions) > 0 && e.Hint != ""
}

// pair is an output that should be as it is wanted.
type pair struct{ name, want, got string }

func compare(pairs ...pair) (outcome, string) {
	for _, p := range pairs {
		if p.want == p.got {
			continue
		}
		if strings.Contains(p.got, unknown) { // the output itself says what it cannot say
			return refused, p.diff()
		}
		return wrong, p.diff()
	}
	return right, ""
}

// unknown is in the text of a recovered run-time error of which the interpreter does not know all.
const unknown = "(the interpreter does not know"

// diff is the first line that differs.
func (p pair) diff() string {
	want, got := strings.Split(p.want, "\n"), strings.Split(p.got, "\n")
	for i := range max(len(want), len(got)) {
		w, g := "(end)", "(end)"
		if i < len(want) {
			w = fmt.Sprintf("%q", clip(want[i]))
		}
		if i < len(got) {
			g = fmt.Sprintf("%q", clip(got[i]))
		}
		if w != g {
			return fmt.Sprintf("%s line %d: want %s, got %s", p.name, i+1, w, g)
		}
	}
	return ""
}

func clip(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "..."
	}
	return s
}

func oneLine(err error) string {
	text := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\t' }), " | ")
	if r := []rune(text); len(r) > 240 {
		return string(r[:240]) + "..."
	}
	return text
}
