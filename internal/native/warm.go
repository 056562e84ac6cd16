package native

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
	"github.com/gocluster/gocluster/internal/group"
)

// keptVersion changes with the meaning of what is kept.
const keptVersion = "4"

// keptName names the file of the executable, the toolchain and the settings that decide where compiled packages are.
func (k *Kit) keptName() string {
	v := k.tc.vars
	return digest(slices.Concat([]string{keptVersion, k.exe.id, v.GOVERSION, v.GOROOT, v.GOCACHE, v.CC, v.CXX, k.src.dir, k.src.version},
		k.exe.args, k.exe.env)...) + ".json"
}

// Ready reports whether Build needs no preparation: it takes what one cell takes. It looks at what earlier processes have kept.
func (k *Kit) Ready() bool {
	if k.config() != nil {
		return true
	}
	c := k.kept()
	if c == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cfg == nil {
		k.cfg = c
	}
	return true
}

func (k *Kit) config() *config {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cfg
}

// kept reads what an earlier Warm of this executable has found, nil if that does not hold any more.
func (k *Kit) kept() *config {
	data, err := k.room.read(k.keptName())
	if err != nil {
		return nil
	}
	c := new(config)
	if json.Unmarshal(data, c) != nil || len(c.Packages) == 0 || !c.valid() {
		return nil
	}
	return c
}

// Warm makes Build ready: it tries the C compiler, and compiles for plugins what every cell needs. That takes ten seconds the first
// time on a machine, and one after this program has changed. Other packages are compiled when a cell first imports them, see Rest.
// progress gets a few words now and then.
func (k *Kit) Warm(ctx context.Context, progress func(string)) error {
	if progress == nil {
		progress = func(string) {}
	}
	k.warming.Lock()
	defer k.warming.Unlock()
	if k.Ready() {
		return nil
	}
	wait := func() { progress("another process is preparing the native tier") }
	return k.room.exclusive(ctx, "warm-"+digest(slices.Concat(k.exe.args, []string{k.tc.vars.GOCACHE})...), wait, func() error {
		if k.Ready() {
			return nil
		}
		c, err := k.prepare(ctx, progress)
		if err != nil {
			return err
		}
		k.keep(c)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.cfg = c
		return nil
	})
}

// keep writes down where compiled packages are. If that fails, the next process asks again.
func (k *Kit) keep(c *config) {
	data, err := json.Marshal(c.without())
	if err == nil {
		err = k.room.write(k.keptName(), data)
	}
	if err != nil {
		k.o.Log.Warn("keeping where compiled packages are", "err", err)
	}
}

// prepare does what Warm does the first time.
func (k *Kit) prepare(ctx context.Context, progress func(string)) (*config, error) {
	if err := k.checkMain(); err != nil {
		return nil, err
	}
	linker, proven, err := k.linker(ctx, progress)
	if err != nil {
		return nil, err
	}
	c := &config{Linker: linker}
	progress("looking for compiled packages")
	g := group.New(ctx)
	err = g.Go("what the executable consists of", func(ctx context.Context) (err error) {
		c.Host, err = k.hostPackages(ctx)
		return err
	})
	all, lerr := k.listBase(g.Context(), slices.Concat(k.roots(), []string{"plugin", "fmt", hostPackage}), &compiling{progress: progress})
	if err = errors.Join(err, g.Wait()); err != nil {
		return nil, err
	}
	if lerr != nil {
		return nil, fmt.Errorf("compiling the standard library for plugins: %w", lerr)
	}
	if err := k.mismatch(all); err != nil {
		return nil, err
	}
	c.Packages, _ = entries(all)
	for _, p := range []string{"fmt", "runtime/cgo", hostPackage} {
		if c.Packages[p] == nil {
			return nil, k.notCompiled(all, p)
		}
	}
	if !proven {
		if err := k.prove(ctx, c); err != nil {
			return nil, err
		}
	}
	k.room.trim()
	return c, nil
}

// Rest compiles what cells are likely to import and Warm leaves out: the rest of the standard library and our API. It takes half a
// minute the first time on a machine and is meant for the background: it leaves cores to others. Without it the first cell that
// imports such a package waits for that package.
func (k *Kit) Rest(ctx context.Context, progress func(string)) error {
	if err := k.Warm(ctx, progress); err != nil {
		return err
	}
	if len(k.config().lacks(commonPackages())) == 0 {
		return nil
	}
	all, err := k.listBase(ctx, slices.Concat(k.roots(), commonPackages()), &compiling{progress: progress}, "-p=1")
	if err != nil {
		return fmt.Errorf("compiling the standard library for plugins: %w", err)
	}
	more, _ := entries(all) // some packages are not for this platform
	k.mu.Lock()
	if k.cfg == nil {
		k.mu.Unlock()
		return errDropped
	}
	c := k.cfg.with(more, false)
	k.cfg = c
	k.mu.Unlock()
	k.keep(c)
	return nil
}

// hostPackage is what every compiled cell imports.
const hostPackage = module + "/internal/session/host"

// commonPackages are the packages of the standard library and of our API that cells may import.
func commonPackages() []string {
	return slices.DeleteFunc(slices.Clone(stdlib.Paths()), func(p string) bool { return p == "unsafe" || strings.HasPrefix(p, "syscall/js") })
}

func (k *Kit) notCompiled(all []*listed, path string) error {
	for _, p := range all {
		if p.ImportPath == path && p.Error != nil {
			return &MissingError{What: "package " + path + " cannot be compiled", Why: readable(p.Error.Err)}
		}
	}
	return &MissingError{What: "package " + path + " cannot be compiled", Why: "the go command does not know it in " + k.src.dir}
}

// mismatch finds what cannot match before a plugin fails to open: in a test's executable the package under test, and what imports
// it, is compiled with its test files.
func (k *Kit) mismatch(all []*listed) error {
	under := k.exe.underTest()
	for _, p := range all {
		if under != "" && p.ImportPath == under && len(p.TestGoFiles) > 0 {
			return &MissingError{What: "compiled cells cannot run in the test of " + under,
				Why: "that package is compiled with its test files here, so its other builds do not match", Remedy: "have the test start an executable built by go build"}
		}
	}
	return nil
}

// listBase compiles packages of the standard library and of this module, as this executable has them.
func (k *Kit) listBase(ctx context.Context, patterns []string, stderr *compiling, flags ...string) ([]*listed, error) {
	dir, err := k.baseDir()
	if err != nil {
		return nil, err
	}
	c := command{dir: dir, args: append([]string{"-v", "-mod=readonly"}, flags...), env: []string{"GOWORK=off", noFlags}, stderr: stderr}
	if dir != k.src.dir {
		c.args[1] = "-mod=mod"
	}
	return k.list(ctx, c, patterns)
}

// hostPackages returns the packages that are certainly in the executable. Those of a main package elsewhere are not known: then
// it is what a session is made of.
func (k *Kit) hostPackages(ctx context.Context) (map[string]bool, error) {
	main := k.exe.pkg()
	if !own(main) {
		main = module + "/internal/session"
	}
	dir, err := k.baseDir()
	if err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"list", "-deps"}, tagsOf(k.exe.args), []string{"--", main})
	out, err := k.tc.run(ctx, command{dir: dir, args: args, env: []string{"GOWORK=off", noFlags}})
	if err != nil {
		return nil, fmt.Errorf("asking what this executable consists of: %w", err)
	}
	host := map[string]bool{"unsafe": true}
	for p := range strings.FieldsSeq(string(out)) {
		host[p] = true
	}
	return host, nil
}

func tagsOf(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a != "-race" && !strings.HasPrefix(a, "-tags=") })
}

// compiling turns the go command's list of what it compiles into words.
type compiling struct {
	progress func(string)
	rest     []byte
	n        int
}

func (c *compiling) Write(p []byte) (int, error) {
	c.rest = append(c.rest, p...)
	for {
		i := bytes.IndexByte(c.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := string(c.rest[:i])
		c.rest = c.rest[i+1:]
		if c.n++; c.progress != nil && !strings.Contains(line, " ") {
			c.progress(fmt.Sprintf("compiling packages for plugins: %d, %s", c.n, line))
		}
	}
}

// Forget drops what is known about compiled packages, here and on disk: after a plugin that this executable found stale. The next
// Build prepares again.
func (k *Kit) Forget() error {
	k.mu.Lock()
	k.cfg = nil
	k.mu.Unlock()
	return k.room.remove(k.keptName())
}
