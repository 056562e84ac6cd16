package magic

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

const introduction = `Cells are Go: statements, expressions, declarations and imports in any order. The value of the last expression is
shown, unless a semicolon ends it. The standard library, client, views and display are imported by use.

  NAME?     what a name is: signature and documentation
  Tab       completes; Shift-Tab documents

`

func help(_ context.Context, h Host, c call) error {
	name := strings.TrimLeft(c.args, "%")
	if name == "" {
		h.Print(introduction + listing())
		return nil
	}
	m, err := lookup(call{name: name})
	if err != nil {
		return err
	}
	h.Print(fmt.Sprintf("%s: %s\n", synopsis(name, m), m.doc))
	return nil
}

func list(_ context.Context, h Host, _ call) error {
	h.Print(listing())
	return nil
}

func listing() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range Names() {
		fmt.Fprintf(w, "%s\t%s\n", synopsis(name, commands[name]), commands[name].doc)
	}
	_ = w.Flush() // to memory
	return b.String()
}

func synopsis(name string, m command) string {
	return strings.TrimSpace("%" + name + " " + m.args)
}

func reset(ctx context.Context, h Host, _ call) error { return h.Reset(ctx) }

func timed(ctx context.Context, h Host, c call) error {
	if strings.TrimSpace(c.code) == "" {
		return usage("%s: there is no Go to execute: write %%time GO, or %%%%time above the cell's Go", sign(c))
	}
	start := time.Now()
	err := h.Code(ctx, c.code)
	h.Print(fmt.Sprintf("time: %v\n", round(time.Since(start))))
	return err
}

// round keeps three digits.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

func who(_ context.Context, h Host, c call) error {
	vars := slices.DeleteFunc(slices.Clone(h.Who()), func(v Variable) bool { return !strings.HasPrefix(v.Name, c.args) })
	if len(vars) == 0 {
		if c.args != "" {
			h.Print(fmt.Sprintf("no names that begin with %s\n", c.args))
			return nil
		}
		h.Print("no names yet\n")
		return nil
	}
	slices.SortFunc(vars, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range vars {
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Kind, v.Name, v.Type)
	}
	_ = w.Flush() // to memory
	h.Print(b.String())
	return nil
}
