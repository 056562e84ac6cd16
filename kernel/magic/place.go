package magic

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/session"
)

const (
	cdHelp = `
  %cd data        to a directory, from where the session is
  %cd             to the home directory
  %cd -           to where it was before

What cells, %load, %save, %%writefile and !COMMAND find by relative names, they find from there.
`
	envHelp = `
  %env                  all variables; values of secrets are hidden
  %env HOME             one variable
  %env GREETING=hello   sets it, for cells, for !COMMAND and for what they start
  %env -u GREETING      removes it
`
)

func preparePwd(call) (action, error) {
	return func(ctx context.Context, h Host) error {
		at, err := h.Session().Place(ctx)
		if err == nil {
			say(h, "%s\n", at.Dir)
		}
		return err
	}, nil
}

// oldDir is the environment variable that has the directory before the last %cd, as shells do.
const oldDir = "OLDPWD"

func prepareCd(c call) (action, error) {
	dirs, err := words(c, c.args)
	if err != nil {
		return nil, err
	}
	if len(dirs) > 1 {
		return nil, wrong(c, "it takes one directory, got %d; names with blanks need quotes", len(dirs))
	}
	return func(ctx context.Context, h Host) error {
		at, err := h.Session().Place(ctx)
		if err != nil {
			return err
		}
		dir := "~"
		if len(dirs) == 1 {
			dir = dirs[0]
		}
		if dir == "-" {
			old, ok := at.Getenv(oldDir)
			if !ok {
				return failed("%%cd -: there is no directory from before")
			}
			dir = old
		}
		now, err := h.Session().Chdir(ctx, resolve(at, dir))
		if err != nil {
			return failed("%%cd: %v", message(err))
		}
		say(h, "%s\n", now.Dir)
		return h.Session().Setenv(ctx, oldDir, at.Dir)
	}, nil
}

// resolve makes a name that a user writes absolute.
func resolve(at session.Place, name string) string {
	if rest, ok := strings.CutPrefix(name, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if home, err := os.UserHomeDir(); err == nil {
			if h, ok := at.Getenv("HOME"); ok && h != "" {
				home = h
			}
			return filepath.Join(home, rest)
		}
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(at.Dir, name)
}

func prepareEnv(c call) (action, error) {
	f, err := readFlags(c, []string{"u"}, nil)
	if err != nil {
		return nil, err
	}
	name, value, set := strings.Cut(f.rest, "=")
	name = strings.TrimSpace(name)
	unset := f.values["u"]
	switch {
	case unset != "" && f.rest != "":
		return nil, wrong(c, "-u takes one name, got also %q", f.rest)
	case set && (name == "" || strings.ContainsAny(name, " \t")):
		return nil, wrong(c, "%q cannot name a variable", name)
	case !set && strings.ContainsAny(name, " \t"):
		return nil, wrong(c, "it takes one name; a value follows =")
	}
	return func(ctx context.Context, h Host) error {
		switch {
		case unset != "":
			return h.Session().Unsetenv(ctx, unset)
		case set:
			return h.Session().Setenv(ctx, name, unquoted(strings.TrimSpace(value)))
		}
		return showEnv(ctx, h, name)
	}, nil
}

// unquoted removes quotes around a whole value.
func unquoted(value string) string {
	if n := len(value); n > 1 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
		return value[1 : n-1]
	}
	return value
}

func showEnv(ctx context.Context, h Host, name string) error {
	at, err := h.Session().Place(ctx)
	if err != nil {
		return err
	}
	if name != "" {
		value, ok := at.Getenv(name)
		if !ok {
			return failed("%%env: %s is not set", name)
		}
		say(h, "%s\n", value)
		return nil
	}
	for _, e := range slices.Sorted(slices.Values(at.Env)) {
		name, value, _ := strings.Cut(e, "=")
		if secret(name) {
			value = "<hidden; %env " + name + " shows it>"
		}
		say(h, "%s=%s\n", name, value)
	}
	return nil
}

// secret reports whether a variable's name says that its value is not for everybody's eyes: notebooks are passed around.
func secret(name string) bool {
	name = strings.ToUpper(name)
	return slices.ContainsFunc([]string{"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"}, func(s string) bool { return strings.Contains(name, s) })
}
