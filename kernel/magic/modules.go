package magic

import (
	"context"
	"os"
	"strings"
)

const (
	getHelp = `
  %get gonum.org/v1/gonum@latest
  %get example.com/a@v1.2.0 example.com/b

Importing a package gets its module, too, in the newest version; %get chooses one. Your settings hold: GOPROXY, GOPRIVATE, GOFLAGS, go.work.
`
	modHelp = `
  %mod              print the session's go.mod
  %mod save go.mod  write it to a file
  %mod load go.mod  take one from a file: its requirements and replacements
`
)

func prepareGet(c call) (action, error) {
	modules := strings.Fields(c.args)
	if len(modules) == 0 {
		return nil, wrong(c, "which module?")
	}
	for _, m := range modules {
		if strings.HasPrefix(m, "-") {
			return nil, wrong(c, "unknown flag %s", m)
		}
	}
	return func(ctx context.Context, h Host) error {
		for _, m := range modules {
			if err := h.Session().Get(ctx, m, h.Output()); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func prepareMod(c call) (action, error) {
	args, err := words(c, c.args)
	switch {
	case err != nil:
		return nil, err
	case len(args) == 0:
		return func(_ context.Context, h Host) error {
			text, err := mod(h)
			if err == nil {
				say(h, "%s", text)
			}
			return err
		}, nil
	case len(args) != 2 || args[0] != "save" && args[0] != "load":
		return nil, wrong(c, "got %q", c.args)
	}
	return func(ctx context.Context, h Host) error {
		at, err := h.Session().Place(ctx)
		if err != nil {
			return err
		}
		if args[0] == "save" {
			return saveMod(h, resolve(at, args[1]))
		}
		text, err := os.ReadFile(resolve(at, args[1]))
		if err != nil {
			return failed("%%mod: %v", err)
		}
		return h.Session().SetMod(ctx, string(text))
	}, nil
}

// mod is the session's go.mod.
func mod(h Host) (string, error) {
	text := h.Session().Mod()
	if text == "" {
		_, status := h.Session().Tier()
		return "", failed("%%mod: the session has no go.mod: packages from elsewhere need the native tier, and cells run %s", status)
	}
	return text, nil
}

func saveMod(h Host, path string) error {
	text, err := mod(h)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return failed("%%mod: %v", err)
	}
	say(h, "wrote %s\n", path)
	return nil
}
