package magic

import (
	"context"
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
)

const (
	pxHelp = `
  %%px
  x := 3
  fmt.Println("here")
  x * x

  %px x + 1
  %%px --targets 0,2 --local
  %%px --out squares

  --targets SPEC           all (the default), ids such as 1 or 0,2, or a slice such as ::2 or 1:3
  --local                  executes the code here, too
  --noblock                returns at once; %pxresult shows what comes of it
  --out NAME               makes a variable NAME of the values of the last expression, a slice with one per engine
  --group-outputs HOW      type: what is printed and displayed as it comes, the values at the end (the default);
                           engine: engine by engine; order: all as it comes
  --progress-after SECONDS when it is shown how many engines are done; without it 2
  --profile NAME           the engines of the profile's cluster

The code is executed in the engines' own sessions: what it declares stays there, and nothing of it is here. Lines that it prints are
marked with their engine, [stdout:3]; Out[3:7] is the value of engine 3, in its 7th cell. An interrupt cancels on all engines.
It imports what the notebook can import, in its version.
There has to be a cluster: %cluster start -n 4 starts one.
`
	pxResultHelp = `
  %pxresult
  %pxresult --targets 0 --group-outputs engine

Waits for it where it was begun with --noblock. The flags are those of %px.
`
	pxConfigHelp = `
  %pxconfig                          what holds for %px
  %pxconfig --targets ::2 --noblock
  %pxconfig --targets all --block

The flags are those of %px.
`
	autoPxHelp = `
Cells of Go are executed on the engines, as with %%px, until %autopx is called again. Magics stay here.
`
)

// The ways to group what comes from engines.
const (
	byType   = "type"
	byEngine = "engine"
	byOrder  = "order"
)

// pxOptions say how code is executed on engines.
type pxOptions struct {
	targets, group, profile, out string
	local, noblock               bool
	after                        time.Duration
}

// pxDefaults are the options that hold where nothing has been said.
var pxDefaults = pxOptions{targets: "all", group: byType, after: 2 * time.Second}

// pxFlags are the flags that all magics for engines have; %px has those of pxOwn besides.
var (
	pxFlags = []string{"targets", "t", "group-outputs", "g", "progress-after", "profile"}
	pxBare  = []string{"block", "noblock", "a"}
	pxOwn   = []string{"out", "o"}
)

var targets = regexp.MustCompile(`^(all|-?\d+|-?\d*:-?\d*(:-?\d*)?)(,(-?\d+|-?\d*:-?\d*(:-?\d*)?))*$`)

// set changes options as the flags of a call say.
func (o *pxOptions) set(c call, f flags) error {
	for name, value := range f.values {
		if err := o.flag(c, name, value); err != nil {
			return err
		}
	}
	if f.has("block") && (f.has("noblock") || f.has("a")) {
		return wrong(c, "give one of --block and --noblock")
	}
	return nil
}

func (o *pxOptions) flag(c call, name, value string) error {
	switch name {
	case "targets", "t":
		if o.targets = value; !targets.MatchString(value) {
			return wrong(c, "--targets %s: want all, ids such as 0,2, or a slice such as ::2 or 1:3", value)
		}
	case "group-outputs", "g":
		if o.group = value; !slices.Contains([]string{byType, byEngine, byOrder}, value) {
			return wrong(c, "--group-outputs %s: want type, engine or order", value)
		}
	case "progress-after":
		seconds, err := strconv.ParseFloat(strings.TrimSuffix(value, "s"), 64)
		if err != nil || seconds < 0 || seconds > 1e6 {
			return wrong(c, "--progress-after %s: want a number of seconds", value)
		}
		o.after = time.Duration(seconds * float64(time.Second))
	case "out", "o":
		if o.out = value; !token.IsIdentifier(value) || value == "_" {
			return wrong(c, "--out %s: want the name of a Go variable", value)
		}
	case "profile":
		o.profile = value
	case "local":
		o.local = true
	case "block":
		o.noblock = false
	case "noblock", "a":
		o.noblock = true
	}
	return nil
}

// readOptions reads the flags of a call; change makes of the options that hold in a session those of the call.
func readOptions(c call, takes, bare []string) (f flags, change func(pxOptions) pxOptions, err error) {
	if f, err = readFlags(c, append(takes, pxFlags...), append(bare, pxBare...)); err != nil {
		return f, nil, err
	}
	var check pxOptions
	if err := check.set(c, f); err != nil {
		return f, nil, err
	}
	return f, func(o pxOptions) pxOptions {
		_ = o.set(c, f) // checked
		return o
	}, nil
}

func preparePx(c call) (action, error) {
	f, change, err := readOptions(c, pxOwn, []string{"local"})
	if err != nil {
		return nil, err
	}
	if c.cell && f.rest != "" {
		return nil, wrong(c, "the Go begins in the next line")
	}
	code := c.code(f.at)
	if strings.TrimSpace(code.Source) == "" {
		return nil, wrong(c, "there is no Go to execute")
	}
	if slices.ContainsFunc(cut(code), func(p piece) bool { return p.call != nil }) {
		return nil, wrong(c, "engines execute Go; magics and commands in it are not for them")
	}
	return func(ctx context.Context, h Host) error { return px(ctx, h, code, change(h.Cluster().options())) }, nil
}

// px executes code on engines.
func px(ctx context.Context, h Host, code gocode.Cell, o pxOptions) error {
	p, err := h.Cluster().begin(ctx, h, code, o)
	if err != nil {
		return err
	}
	if o.local {
		if _, err := h.Execute(ctx, code); err != nil {
			p.result.Cancel()
			return err
		}
	}
	if o.noblock {
		say(h, "%%px: under way on %s; %%pxresult shows what comes of it\n", enginesText(p.engines))
		return nil
	}
	return p.attend(ctx, h, o)
}

func preparePxResult(c call) (action, error) {
	f, change, err := readOptions(c, nil, nil)
	if err != nil {
		return nil, err
	}
	if f.rest != "" {
		return nil, wrong(c, "got %q", f.rest)
	}
	return func(ctx context.Context, h Host) error {
		p := h.Cluster().latest()
		if p == nil {
			return failed("%%pxresult: nothing has been executed on engines yet; %%px does that")
		}
		if !f.has("targets") && !f.has("t") {
			return p.again(ctx, h, change(p.options), "all")
		}
		o := change(p.options)
		return p.again(ctx, h, o, o.targets)
	}, nil
}

func preparePxConfig(c call) (action, error) {
	f, change, err := readOptions(c, nil, nil)
	if err != nil {
		return nil, err
	}
	if f.rest != "" {
		return nil, wrong(c, "got %q", f.rest)
	}
	return func(_ context.Context, h Host) error {
		o := change(h.Cluster().options())
		if len(f.values) == 0 {
			say(h, "%s\n", o)
			return nil
		}
		h.Cluster().configure(o)
		return nil
	}, nil
}

func (o pxOptions) String() string {
	block := "--block"
	if o.noblock {
		block = "--noblock"
	}
	text := fmt.Sprintf("--targets %s %s --group-outputs %s --progress-after %v", o.targets, block, o.group, o.after.Seconds())
	if o.profile != "" {
		text += " --profile " + o.profile
	}
	return text
}

func prepareAutoPx(call) (action, error) {
	return func(_ context.Context, h Host) error {
		if h.Cluster().toggle() {
			say(h, "cells are executed on engines now, until the next %%autopx\n")
		} else {
			say(h, "cells are executed here again\n")
		}
		return nil
	}, nil
}
