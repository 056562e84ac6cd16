package magic

import (
	"context"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

const (
	tierHelp = `
  %tier               which tier cells run in, and why
  %tier native        compiled, at native speed; there has to be a Go toolchain
  %tier interpreted   interpreted, without any tool
  %tier auto          compiled where that is possible

Another tier is another process: declarations come along, variables do not. Where there are variables to lose, --force says that they may be.
It is about the cells that run here. What they send to engines, by %%px too, is compiled wherever it can be.
`
	nativeHelp = `
  %%native
  sum := 0
  for i := range 1_000_000_000 {
  	sum += i
  }

Without a Go toolchain the cell fails, and says what is missing. A session that is interpreted becomes native, if there are no variables
to lose.
`
)

func prepareTier(c call) (action, error) {
	args := strings.Fields(c.args)
	force := false
	if i := slices.IndexFunc(args, func(a string) bool { return a == "--force" || a == "-force" || a == "-f" }); i >= 0 {
		force, args = true, slices.Delete(args, i, i+1)
	}
	if len(args) == 0 && !force {
		return func(_ context.Context, h Host) error {
			_, status := h.Session().Tier()
			say(h, "%s\n", status)
			return nil
		}, nil
	}
	tiers := []session.Tier{session.TierAuto, session.TierInterpreted, session.TierNative}
	if len(args) != 1 || !slices.Contains(tiers, session.Tier(args[0])) {
		return nil, wrong(c, "got %q", c.args)
	}
	return func(ctx context.Context, h Host) error { return setTier(ctx, h, session.Tier(args[0]), force) }, nil
}

// setTier chooses a tier, unless variables would be lost without having been asked about.
func setTier(ctx context.Context, h Host, to session.Tier, force bool) error {
	now, _ := h.Session().Tier()
	if vars := variables(h); !force && len(vars) > 0 && to != now && to != session.TierAuto {
		return failed("%%tier %s: the session's variables would be lost: %s; %%tier %s --force does it all the same", to, strings.Join(vars, ", "), to)
	}
	lost, err := h.Session().SetTier(ctx, to)
	if err != nil {
		return failed("%%tier %s: %v", to, message(err))
	}
	_, status := h.Session().Tier()
	say(h, "%s\n", status)
	if len(lost) > 0 {
		warn(h, "these variables have lost their values: %s\n", strings.Join(lost, ", "))
	}
	return nil
}

func variables(h Host) []string {
	var names []string
	for _, d := range h.Session().Who() {
		if d.Kind == gocode.KindVar {
			names = append(names, d.Name)
		}
	}
	return names
}

func prepareNative(c call) (action, error) {
	if strings.TrimSpace(c.body) == "" {
		return nil, wrong(c, "there is no Go to compile")
	}
	code := c.code(0)
	code.Compile = true
	return func(ctx context.Context, h Host) error {
		_, err := h.Execute(ctx, code)
		return err
	}, nil
}
