package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/ink"
	"github.com/gocluster/gocluster/internal/unit"
)

// frame is a user's function that was running; more is how many further frames like it there were.
type frame struct {
	at       unit.Position
	function string
	more     int
}

// literal is what Go calls function literals: they are shown as what they are written in.
var literal = regexp.MustCompile(`(?:^|\.)func\d+(?:\.\d+)*$`)

func framesOf(at []unit.Position, functions []string, repeats []int) []frame {
	out := make([]frame, len(at))
	for i, p := range at {
		out[i].at = p
		if i < len(functions) {
			out[i].function = literal.ReplaceAllString(functions[i], "")
		}
		if i < len(repeats) {
			out[i].more = repeats[i]
		}
	}
	return out
}

// The frames that are shown of a deep stack: it is the ends that say what happened.
const (
	innermost = 6
	outermost = 3
)

// frames reports the functions that were running, the innermost first. Recursion is folded.
func (w *writer) frames(all []frame) {
	groups := fold(all)
	for i, g := range groups {
		if skipped := len(groups) - innermost - outermost; skipped > 1 && i >= innermost && i < innermost+skipped {
			if i == innermost {
				w.more(count(groups[i:i+skipped]), "")
			}
			continue
		}
		before, after := 0, 0
		if i == 0 {
			before, after = 2, 1
		}
		if g.folded > 0 {
			w.more(g.folded, g.names)
			continue
		}
		at := g.at
		at.Col = 0 // a line is all that compiled code knows of its frames
		w.place(mark{Position: at, function: g.function, before: before, after: after})
	}
}

func (w *writer) more(n int, of string) {
	text := "... " + thousands(n) + " more frames"
	if n == 1 {
		text = "... 1 more frame"
	}
	if of != "" {
		text += " of " + ink.Clean(of)
	}
	w.add(span{text, plain})
}

// group is a frame to be shown, or some that are not.
type group struct {
	frame
	folded int
	names  string
}

func count(groups []group) int {
	n := 0
	for _, g := range groups {
		n += max(g.folded, 1)
	}
	return n
}

// maxCycle is the longest cycle of functions that is taken for recursion.
const maxCycle = 8

// shownCycles is how many rounds of a recursion are shown before the others are folded: the last one, in which it happened, and
// an ordinary one.
const shownCycles = 2

// fold finds functions that call themselves, directly or through each other, over and over.
func fold(all []frame) []group {
	var out []group
	for i := 0; i < len(all); {
		cycle, n := recursion(all[i:])
		shown, total := min(cycle*shownCycles, n), 0
		for _, f := range all[i : i+n] {
			total += 1 + f.more
		}
		if n == total && n <= shown+1 {
			shown = n
		}
		for _, f := range all[i : i+shown] {
			out = append(out, group{frame: f})
		}
		if total > shown {
			out = append(out, group{folded: total - shown, names: names(all[i : i+cycle])})
		}
		i += n
	}
	return out
}

// recursion says how many frames at the start of a stack are a repeated cycle of functions, and how long the cycle is.
func recursion(all []frame) (cycle, n int) {
	for c := 1; c <= min(maxCycle, len(all)/2); c++ {
		n, more := c, 0
		for n < len(all) && all[n].function != "" && all[n].function == all[n-c].function {
			more += all[n].more
			n++
		}
		if n > c && n+more >= (shownCycles+1)*c {
			return c, n
		}
	}
	return 1, 1
}

func names(frames []frame) string {
	var out []string
	for _, f := range frames {
		if f.function != "" {
			out = append(out, f.function)
		}
	}
	return strings.Join(out, ", ")
}

// thousands writes a number as people read it: 1,234.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = fmt.Sprintf("%s,%s", text[:i], text[i:])
	}
	return text
}
