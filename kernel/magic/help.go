package magic

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
)

const introduction = `Cells are Go: statements, expressions, declarations and imports in any order. The value of the last expression is
shown, unless a semicolon ends it. The standard library, client, views and display are imported by use.

  NAME?     what a name is: signature and documentation; NAME?? says more
  Tab       completes; Shift-Tab (F1 at a prompt) documents
  !COMMAND  runs a program; %%bash runs the cell as a script

Magics are lines before, between or after the Go; those with two signs take the whole cell. %help MAGIC says more of one.

`

func prepareHelp(c call) (action, error) {
	if c.args != "" {
		text, err := about(strings.TrimLeft(c.args, "%"))
		return printing(text), err
	}
	return func(_ context.Context, h Host) error {
		text := introduction + listing()
		if keys := h.Keys(); keys != "" {
			text += "\nThe keys of the prompt:\n\n" + keys + "\n"
		}
		say(h, "%s", text)
		return nil
	}, nil
}

func prepareList(call) (action, error) { return printing(listing()), nil }

func printing(text string) action {
	return func(_ context.Context, h Host) error {
		say(h, "%s", text)
		return nil
	}
}

// about says all of one magic.
func about(name string) (string, error) {
	m, known := commands[name]
	if !known {
		return "", usage("unknown magic %s%s", call{name: name}.sign(), suggestion(call{name: name}))
	}
	var b strings.Builder
	if m.line {
		b.WriteString(synopsis(name, false) + "\n")
	}
	if m.cell {
		b.WriteString(synopsis(name, true) + "\n")
	}
	fmt.Fprintf(&b, "\n%s.\n", m.doc)
	if m.more != "" {
		b.WriteString("\n" + strings.Trim(m.more, "\n") + "\n")
	}
	return b.String(), nil
}

func listing() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range append([]string{shellName}, Names()...) {
		fmt.Fprintf(w, "%s\t%s\n", synopsis(name, false), commands[name].doc)
	}
	_ = w.Flush() // to memory
	return b.String()
}
