package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/ink"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/views"
)

// maxDistinct is how many different failures of engines are shown.
const maxDistinct = 4

// failed is what happened to a job on engines.
type failed struct {
	engines []session.EngineFailure
	// elements is how many the job had, job what befell it as a whole.
	elements int
	job      string
}

func failedOf(e *views.MapError) failed {
	f := failed{elements: e.Total}
	if e.Job != nil {
		f.job = e.Job.Error()
	}
	for _, x := range e.Failed {
		f.engines = append(f.engines, session.NewEngineFailure(x))
	}
	return f
}

// remote reports a cell that failed of what happened on engines; last comes where it asked for that.
func (w *writer) remote(e *session.CellError) {
	w.engines(failed{e.Engines, e.Elements, e.Job})
	w.frames(framesOf(e.Positions, e.Funcs, e.Repeats))
}

// engines reports what failed on engines. Failures that say the same are one.
func (w *writer) engines(f failed) {
	groups := distinct(f.engines)
	one := len(f.engines) == 1 && f.job == ""
	switch {
	case len(groups) == 0:
		w.title(EngineName, f.job)
		return
	case one:
		w.title(EngineName, groups[0].message())
	default:
		w.title(CompositeName, f.summary(groups))
	}
	for i, g := range groups {
		if i == maxDistinct {
			w.add()
			w.text(fmt.Sprintf("... and %d more", len(groups)-i))
			break
		}
		if !one {
			w.group(g, i > 0)
		}
		w.frames(g.frames())
	}
	if f.job != "" {
		w.text(f.job)
	}
}

// group begins what is said of engines that failed alike.
func (w *writer) group(g alike, another bool) {
	if another {
		w.add()
	}
	first, more, several := strings.Cut(ink.Clean(shorten(g.text())), "\n")
	if w.add(span{g.prefix(), red}, span{" " + first, plain}); several {
		w.text(more)
	}
	if len(g.elements) > 0 {
		w.text(g.which())
	}
}

// summary counts: "4 engines, 1 distinct", and how many elements of a map failed.
func (f failed) summary(groups []alike) string {
	seen := map[int]bool{}
	for _, e := range f.engines {
		seen[e.Engine] = true
	}
	text := fmt.Sprintf("%s, %d distinct", plural(len(seen), "engine"), len(groups))
	if slices.ContainsFunc(f.engines, func(e session.EngineFailure) bool { return e.Element != "" }) {
		text = fmt.Sprintf("%d of %s failed on ", len(f.engines), plural(f.elements, "element")) + text
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// alike are failures of engines that differ only in where they happened.
type alike struct {
	session.EngineFailure
	engines  []int
	elements []string
}

func distinct(failed []session.EngineFailure) []alike {
	var out []alike
	index := map[string]int{}
	for _, f := range failed {
		key := f.Kind + "\x00" + f.Message + "\x00" + f.Position
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, alike{EngineFailure: f})
		}
		if !slices.Contains(out[i].engines, f.Engine) {
			out[i].engines = append(out[i].engines, f.Engine)
		}
		if f.Element != "" {
			out[i].elements = append(out[i].elements, f.Element)
		}
	}
	for _, g := range out {
		slices.Sort(g.engines)
	}
	return out
}

// maxElements is how many elements that failed alike are named.
const maxElements = 3

// which names elements.
func (g alike) which() string {
	shown := g.elements[:min(len(g.elements), maxElements)]
	text := strings.Join(shown, ", ")
	if more := len(g.elements) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return ink.Clean(text)
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

// message is a single failure on one line.
func (g alike) message() string {
	if len(g.elements) == 1 {
		return g.prefix() + " " + g.elements[0] + ": " + g.text()
	}
	return g.prefix() + " " + g.text()
}

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
