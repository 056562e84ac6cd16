package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/views"
)

// maxDistinct is how many different failures of engines are shown.
const maxDistinct = 4

// alike are failures of engines that differ only in where they happened.
type alike struct {
	*views.ElementError
	engines  []int
	elements []int
}

// engines reports what failed on engines. Failures that say the same are one.
func (w *writer) engines(e *views.MapError) {
	groups := distinct(e.Failed)
	if len(groups) == 0 {
		w.title(EngineName, e.Error())
		return
	}
	if len(groups) == 1 && len(groups[0].engines) == 1 && e.Job == nil {
		w.title(EngineName, groups[0].message())
	} else {
		w.title(CompositeName, summary(e, groups))
	}
	for i, g := range groups {
		if i == maxDistinct {
			w.text(fmt.Sprintf("... and %d more", len(groups)-i))
			break
		}
		if w.EName == CompositeName {
			first, more, several := strings.Cut(clean(shorten(g.text())), "\n")
			if w.add(span{g.prefix(), red}, span{" " + first, plain}); several {
				w.text(more)
			}
		}
		w.frames(g.frames())
	}
	if e.Job != nil {
		w.text(e.Job.Error())
	}
}

// remote reports a cell that failed of what happened on engines; last comes where it asked for that.
func (w *writer) remote(e *session.CellError) {
	many := &views.MapError{Total: e.Elements}
	if e.Job != "" {
		many.Job = errors.New(e.Job)
	}
	for _, f := range e.Engines {
		many.Failed = append(many.Failed, &views.ElementError{Index: f.Index, Engine: f.Engine, Kind: f.Kind, Message: f.Message, Position: f.Position, Trace: f.Trace})
	}
	w.engines(many)
	w.frames(framesOf(e.Positions, e.Funcs, e.Repeats))
}

// summary counts: "4 engines, 1 distinct", and how many elements of a map failed.
func summary(e *views.MapError, groups []alike) string {
	seen := map[int]bool{}
	for _, g := range groups {
		for _, n := range g.engines {
			seen[n] = true
		}
	}
	text := fmt.Sprintf("%s, %d distinct", plural(len(seen), "engine"), len(groups))
	if e.Total > len(seen) || len(e.Failed) > len(seen) {
		text = fmt.Sprintf("%d of %s failed on ", len(e.Failed), plural(e.Total, "element")) + text
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func distinct(failed []*views.ElementError) []alike {
	var out []alike
	index := map[string]int{}
	for _, f := range failed {
		key := f.Kind + "\x00" + f.Message + "\x00" + f.Position
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, alike{ElementError: f})
		}
		if !slices.Contains(out[i].engines, f.Engine) {
			out[i].engines = append(out[i].engines, f.Engine)
		}
		out[i].elements = append(out[i].elements, f.Index)
	}
	for _, g := range out {
		slices.Sort(g.engines)
	}
	return out
}

// prefix names the engines: "[engine 3]", "[engines 0-3]".
func (g alike) prefix() string {
	if len(g.engines) == 1 {
		if g.engines[0] < 0 {
			return "[no engine]"
		}
		return fmt.Sprintf("[engine %d]", g.engines[0])
	}
	return "[engines " + ranges(g.engines) + "]"
}

// text is what one of the failures says.
func (g alike) text() string {
	switch {
	case strings.Contains(g.Message, g.Kind), g.Kind == "error", g.Kind == "":
		return g.Message
	}
	return g.Kind + ": " + g.Message
}

func (g alike) message() string { return g.prefix() + " " + g.text() }

// ranges writes sorted numbers shortly: 0-3,7.
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "-" + strconv.Itoa(numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// traceLine is a line of an engine's trace: a place, and the function it is in.
var traceLine = regexp.MustCompile(`(?m)^\t(?:(.+?):(\d+)(?::\d+)?(?: in (.*))?|\.\.\. (\d+) more)$`)

// frames are the places that an engine's trace names.
func (g alike) frames() []frame {
	var out []frame
	for _, m := range traceLine.FindAllStringSubmatch(g.Trace, -1) {
		if more, err := strconv.Atoi(m[4]); err == nil && len(out) > 0 {
			out[len(out)-1].more = more
			continue
		}
		line, _ := strconv.Atoi(m[2])
		out = append(out, frame{at: unit.Position{File: m[1], Line: line}, function: literal.ReplaceAllString(m[3], "")})
	}
	return out
}
