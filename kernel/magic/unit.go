package magic

import (
	"context"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/unit"
)

const unitHelp = `
  %unit f              the program that engines run for f
  %unit --lowered f    what they interpret until it is compiled, or where there is no Go toolchain

Above the program are the values that f captures now.
`

func prepareUnit(c call) (action, error) {
	args := strings.Fields(c.args)
	lowered := len(args) > 0 && args[0] == "--lowered"
	if lowered {
		args = args[1:]
	}
	if len(args) != 1 {
		return nil, wrong(c, "it takes the name of a function, got %q", c.args)
	}
	return func(_ context.Context, h Host) error {
		u, err := h.Session().UnitOf(args[0])
		if err != nil {
			return failed("%%unit %s: %v", args[0], message(err))
		}
		showUnit(h, u, lowered)
		return nil
	}, nil
}

func showUnit(h Host, u *unit.Unit, lowered bool) {
	for _, k := range u.Captures {
		say(h, "// captured: %s %s%s\n", k.Name, k.Type, capturedValue(h.Session(), k.Name))
	}
	switch {
	case lowered && u.Native != "":
		say(h, "// It is not interpreted: %s\n", u.Native)
	case lowered:
		say(h, "%s\n", strings.TrimRight(u.Source, "\n"))
	case u.Main == "":
		say(h, "// It is interpreted: %s\n", u.NoMain)
	default:
		say(h, "%s\n", strings.TrimRight(u.Main, "\n"))
	}
}

// capturedValue is the beginning of a session variable's value, if it can be told.
func capturedValue(s Session, name string) string {
	for _, d := range s.Who() {
		if d.Kind != gocode.KindVar || d.Name != name {
			continue
		}
		if value, ok := s.Peek(d.Var); ok {
			return " = " + shorten(value, maxValue)
		}
	}
	return ""
}
