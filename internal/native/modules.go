package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Get adds a module or package to the session's go.mod, or changes its version: "gonum.org/v1/gonum", "gonum.org/v1/gonum@v0.16.0".
// The user's settings for the go command apply. out gets what it says.
func (k *Kit) Get(ctx context.Context, what string, out io.Writer) error {
	path, version, _ := strings.Cut(what, "@")
	if own(path) {
		return fmt.Errorf("%s is this program itself, %s: cells use it as it is", module, cmpVersion(k.exe.version()))
	}
	k.listing.Lock()
	defer k.listing.Unlock()
	if was, ok := k.exe.linked()[path]; ok {
		if version != "" && version != was {
			return &ConflictError{Module: path, Linked: was, Wanted: version}
		}
		what = path + "@" + was
	}
	return k.get(ctx, []string{what}, out)
}

func cmpVersion(v string) string {
	if v == "" || v == "(devel)" {
		return "built from source"
	}
	return v
}

// get runs go get in the session's module and forgets what was known of its packages.
func (k *Kit) get(ctx context.Context, what []string, out io.Writer) error {
	return k.change(func() error {
		c, err := k.mod.alone(slices.Concat([]string{"get", "--"}, what)...)
		if err != nil {
			return err
		}
		c.stderr = &downloads{out: out}
		if _, err = k.tc.run(ctx, c); err != nil {
			return err
		}
		return k.mod.direct(what)
	})
}

// downloads passes on what go get does. Why it failed is the error's to say.
type downloads struct {
	out  io.Writer
	rest []byte
}

func (d *downloads) Write(p []byte) (int, error) {
	d.rest = append(d.rest, p...)
	for {
		i := bytes.IndexByte(d.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := d.rest[:i+1]
		d.rest = d.rest[i+1:]
		verb, _, _ := strings.Cut(strings.TrimPrefix(string(line), "go: "), " ")
		if d.out == nil || !slices.Contains([]string{"downloading", "added", "upgraded", "downgraded", "removed"}, verb) {
			continue
		}
		if _, err := d.out.Write(line); err != nil {
			return len(p), err
		}
	}
}

// direct takes the remark "indirect" from what was asked for: go get sees no source that imports it.
func (w *workspace) direct(what []string) error {
	name, err := w.modFile()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	f, err := modfile.Parse(name, data, nil)
	if err != nil {
		return err
	}
	for _, r := range f.Require {
		if slices.ContainsFunc(what, func(p string) bool { return provides(r.Mod.Path, p) }) {
			r.Indirect = false
		}
	}
	f.SetRequireSeparateIndirect(slices.Clone(f.Require))
	f.Cleanup()
	return os.WriteFile(name, modfile.Format(f.Syntax), 0o600)
}

// provides reports whether a package's path is below a module's. what may have a version.
func provides(mod, what string) bool {
	path, _, _ := strings.Cut(what, "@")
	return path == mod || strings.HasPrefix(path, mod+"/")
}

// change changes the session's module, or leaves it as it was.
func (k *Kit) change(f func() error) error {
	name, err := k.mod.modFile()
	if err != nil {
		return err
	}
	sum := filepath.Join(filepath.Dir(name), "go.sum")
	var undo []func() error
	for _, file := range []string{name, sum} {
		data, err := os.ReadFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			undo = append(undo, func() error { return ignoreMissing(os.Remove(file)) })
		case err != nil:
			return err
		default:
			undo = append(undo, func() error { return os.WriteFile(file, data, 0o600) })
		}
	}
	if err := f(); err != nil {
		for _, u := range undo {
			err = errors.Join(err, u())
		}
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.absent)
	k.changes++
	if k.cfg != nil {
		k.cfg = k.cfg.without()
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Mod returns the text of the session's go.mod.
func (k *Kit) Mod() (string, error) {
	k.listing.Lock()
	defer k.listing.Unlock()
	name, err := k.mod.modFile()
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(name)
	return string(data), err
}

// SetMod replaces the session's go.mod. Packages that are loaded stay at their versions until the session restarts.
func (k *Kit) SetMod(text string) error {
	f, err := modfile.Parse("go.mod", []byte(text), nil)
	if err != nil {
		return err
	}
	if f.Module == nil {
		return errors.New("go.mod: no module line; the first line is to be: module " + sessionModule)
	}
	linked := k.exe.linked()
	for _, r := range f.Require {
		if was, ok := linked[r.Mod.Path]; ok && was != r.Mod.Version && !r.Indirect {
			return &ConflictError{Module: r.Mod.Path, Linked: was, Wanted: r.Mod.Version}
		}
	}
	for _, r := range f.Replace {
		if r.Old.Path == module {
			return fmt.Errorf("go.mod: %s cannot be replaced: cells use it as this program has it", module)
		}
		if was, ok := linked[r.Old.Path]; ok {
			return &ConflictError{Module: r.Old.Path, Linked: was, Wanted: r.New.String()}
		}
	}
	k.listing.Lock()
	defer k.listing.Unlock()
	if k.o.Dir == "" { // the module is in a directory that the user does not know
		for _, r := range f.Replace {
			if to := r.New.Path; modfile.IsDirectoryPath(to) && !filepath.IsAbs(to) {
				if err := f.AddReplace(r.Old.Path, r.Old.Version, filepath.Join(k.mod.work, filepath.FromSlash(to)), ""); err != nil {
					return err
				}
			}
		}
		text = string(modfile.Format(f.Syntax))
	}
	return k.change(func() error {
		name, err := k.mod.modFile()
		if err != nil {
			return err
		}
		return os.WriteFile(name, []byte(text), 0o600)
	})
}
