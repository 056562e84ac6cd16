package magic

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gocluster/gocluster/internal/gocode"
)

const whoHelp = `
  %who          all names
  %who lim      those that begin with lim
  %who func     the functions; the other kinds are var, type, const and method

Each line has the kind, the name, the type and, of a variable, the beginning of the value.
`

func prepareReset(call) (action, error) {
	return func(ctx context.Context, h Host) error { return h.Session().Clear(ctx) }, nil
}

var kinds = []gocode.Kind{gocode.KindVar, gocode.KindFunc, gocode.KindType, gocode.KindConst, gocode.KindMethod}

func prepareWho(c call) (action, error) {
	if strings.ContainsAny(c.args, " \t-") {
		return nil, wrong(c, "it takes one kind or beginning of a name, got %q", c.args)
	}
	return func(_ context.Context, h Host) error {
		who(h, c.args)
		return nil
	}, nil
}

// who lists names of the session.
func who(h Host, which string) {
	isKind := slices.Contains(kinds, gocode.Kind(which))
	names := slices.DeleteFunc(slices.Clone(h.Session().Who()), func(d gocode.Decl) bool {
		return isKind && string(d.Kind) != which || !isKind && !strings.HasPrefix(d.Name, which)
	})
	switch {
	case len(names) > 0:
	case isKind:
		say(h, "no names of kind %s\n", which)
	case which != "":
		say(h, "no names that begin with %s\n", which)
	default:
		say(h, "no names yet\n")
	}
	slices.SortFunc(names, func(a, b gocode.Decl) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, d := range names {
		line := []string{string(d.Kind), d.Name, shorten(d.Type, maxType)}
		if d.Kind == gocode.KindVar && i < maxValues {
			if value, ok := h.Session().Peek(d.Var); ok {
				line = append(line, shorten(value, maxValue))
			}
		}
		fmt.Fprintln(w, strings.Join(line, "\t"))
	}
	_ = w.Flush() // to memory
	say(h, "%s", b.String())
}

// How much of a type and of a value is shown in a line, and of how many names values are.
const (
	maxType   = 40
	maxValue  = 60
	maxValues = 500
)

// shorten makes one line of a text, and cuts it where it is too long to be read.
func shorten(text string, limit int) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
