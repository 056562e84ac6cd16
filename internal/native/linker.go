package native

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	shared "github.com/gocluster/gocluster/internal/toolchain"
)

// linking is how the C compiler is used, once tried.
type linking struct {
	Flags []string // to have the fastest linker
	Front bool     // it is called through a script, see front
}

// front is a script that stands before the C compiler. The Go linker asks it in each link whether it knows some flags, by having it
// compile a small program; that takes a third of the link's time and nothing needs the flags. The script says no at once.
const front = `#!/bin/sh
case "$*" in
*@*) ;;
*trivial.c*) exit 1 ;;
esac
exec %s "$@"
`

// extld returns the linker's C compiler: the user's, or the script before it.
func (k *Kit) extld(l linking, cxx bool) (string, error) {
	cc, name := k.tc.vars.CC, "cc"
	if cxx {
		cc, name = k.tc.vars.CXX, "cxx"
	}
	if !l.Front || cc == "" {
		return cc, nil
	}
	own, err := k.room.private()
	if err != nil {
		return "", err
	}
	file := filepath.Join(own, name)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	tmp, err := os.CreateTemp(own, name)
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(tmp, front, cc)
	if err = errors.Join(err, tmp.Chmod(0o700), tmp.Close()); err != nil {
		return "", err
	}
	return file, os.Rename(tmp.Name(), file)
}

// linkerName names the file that keeps how the C compiler is used: it holds until the compiler changes.
func (k *Kit) linkerName() string {
	return "cc-" + digest(keptVersion, shared.Lookup(k.tc.env, "PATH"), k.tc.vars.CC, k.tc.vars.CXX, fmt.Sprint(stampOf(k.tc.cc))) + ".json"
}

// linker returns how the C compiler is used, and whether plugins have been linked that way before.
func (k *Kit) linker(ctx context.Context, progress func(string)) (l linking, proven bool, err error) {
	if data, err := k.room.read(k.linkerName()); err == nil && json.Unmarshal(data, &l) == nil {
		return l, true, nil
	}
	progress("trying the C compiler")
	l, err = k.chooseLinker(ctx)
	return l, false, err
}

// prove links a first plugin, if need be without what makes it fast, and keeps how that went.
func (k *Kit) prove(ctx context.Context, c *config) error {
	const source = "package main\n\nimport \"fmt\"\n\nfunc Load__() { fmt.Print() }\n"
	_, err := k.build(ctx, c, source, []string{"fmt"})
	var refused *BuildError
	if errors.As(err, &refused) && ctx.Err() == nil {
		k.o.Log.Warn("linking plainly", "because", refused.Text)
		c.Linker = linking{}
		_, err = k.build(ctx, c, source, []string{"fmt"})
	}
	if errors.As(err, &refused) {
		return &MissingError{What: "no plugin can be built here", Why: refused.Text}
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(c.Linker)
	if err != nil {
		return err
	}
	return k.room.write(k.linkerName(), data)
}

// chooseLinker finds the fastest linker that the C compiler can use, and whether it makes shared libraries at all.
func (k *Kit) chooseLinker(ctx context.Context) (linking, error) {
	t, err := k.newTrial(ctx)
	if err != nil {
		return linking{}, err
	}
	defer os.RemoveAll(t.dir)
	var l linking
	if err := t.link(l); ctx.Err() != nil {
		return l, context.Cause(ctx)
	} else if err != nil {
		return l, &MissingError{What: "the C compiler does not work", Why: err.Error(), Remedy: "install its development files (on Debian: apt install gcc libc6-dev)"}
	}
	if t.link(linking{Front: true}) == nil {
		l.Front = true
	}
	// On these, the Go linker wants a linker of its own choice.
	if runtime.GOARCH != "arm64" && runtime.GOARCH != "arm" {
		for _, name := range []string{"gold", "mold", "lld"} {
			if with := append(slices.Clip(l.Flags), "-fuse-ld="+name); t.link(linking{with, l.Front}) == nil {
				l.Flags = with
				break
			}
		}
	}
	if with := append(slices.Clip(l.Flags), "-fno-use-linker-plugin"); t.link(linking{with, l.Front}) == nil {
		l.Flags = with
	}
	return l, nil
}

// trial is a small library to be linked.
type trial struct {
	k   *Kit
	ctx context.Context
	dir string
}

func (k *Kit) newTrial(ctx context.Context) (*trial, error) {
	own, err := k.room.private()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(own, "cc-")
	if err != nil {
		return nil, err
	}
	t := &trial{k, ctx, dir}
	if err = os.WriteFile(t.file("x.c"), []byte("#include <stdlib.h>\nvoid *f(void) { return malloc(1); }\n"), 0o600); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *trial) file(name string) string { return filepath.Join(t.dir, name) }

func (t *trial) link(l linking) error {
	cc, err := t.k.extld(l, false)
	if err != nil {
		return err
	}
	args := append(strings.Fields(cc), l.Flags...)
	if l.Front {
		args = append([]string{cc}, l.Flags...)
	}
	args = append(args, "-shared", "-fPIC", "-pthread", "-o", t.file("x.so"), t.file("x.c"))
	cmd := exec.CommandContext(t.ctx, args[0], args[1:]...)
	cmd.Env = t.k.tc.env
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) > 0 {
		return errors.New(strings.TrimSpace(string(out)))
	}
	return err
}
