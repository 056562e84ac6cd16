// Package build compiles units into programs that engines run: for any platform, with the Go toolchain of the client's machine, without
// cgo. What it has built it keeps by content in the user's cache directory, for all sessions, up to a size.
//
// The packages that every program is made with are compiled from the source that the executable carries, so that no checkout, no module
// and no network is needed. Once per machine and platform the go command compiles them; a program then takes one run of the compiler
// and one of the linker.
package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/toolchain"
	"github.com/gocluster/gocluster/internal/unit"
)

// Options say how programs are built.
type Options struct {
	// Cache is where programs are kept; "" is gocluster/units in the user's cache directory. Limit bounds its programs' bytes; 0 is
	// DefaultLimit.
	Cache string
	Limit int64
	// Salt makes programs others than those of builders with another one: what measures builds has nothing in the cache.
	Salt string
	// Env is added to the process's environment, for the toolchain.
	Env []string
}

// DefaultLimit is how many bytes of programs are kept.
const DefaultLimit = 512 << 20

// Builder builds programs. Its methods may be called concurrently.
type Builder struct {
	o Options

	finding sync.Mutex
	tc      *gocmd
	missing error
	looked  time.Time

	mu    sync.Mutex
	bases map[string]*base // by platform, and by workspace
	busy  toolchain.Once[*proto.Object]
	ready map[string]*proto.Object // programs by key, a few
	order []string
}

// New returns a builder. It looks for the toolchain when it first needs it.
func New(o Options) *Builder {
	o.Limit = cmp.Or(o.Limit, DefaultLimit)
	if o.Cache == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			o.Cache = filepath.Join(dir, "gocluster", "units")
		}
	}
	return &Builder{o: o, bases: map[string]*base{}, ready: map[string]*proto.Object{}}
}

// Here is the platform of this process.
func Here() string { return runtime.GOOS + "/" + runtime.GOARCH }

// Error says why a unit has no program: Step is what failed.
type Error struct {
	Step string
	Text string
}

func (e *Error) Error() string { return e.Step + ": " + e.Text }

// Cached returns a unit's program if it is there already. Of one that imports packages of other modules that is known when such a unit
// was built before in this process.
func (b *Builder) Cached(u *unit.Unit, platform string) (*proto.Object, bool) {
	if u.Main == "" {
		return nil, false
	}
	key := b.key(u.Main, platform)
	if u.Foreign {
		imports, err := importsOf(u.Main)
		b.mu.Lock()
		base := b.bases[platform+workspaceName(u)]
		b.mu.Unlock()
		if err != nil || base == nil || !base.has(imports) {
			return nil, false
		}
		key = b.keyWith(u.Main, base, imports)
	}
	return b.cached(key)
}

func (b *Builder) cached(key string) (*proto.Object, bool) {
	if o := b.known(key); o != nil {
		return o, true
	}
	o, err := b.load(key)
	return o, err == nil
}

// Prepare gets ready for builds for a platform. Once on a machine that takes a while.
func (b *Builder) Prepare(ctx context.Context, platform string) error {
	tc, err := b.toolchain(ctx)
	if err == nil {
		_, err = b.base(ctx, tc, platform, []string{WorkerPath}, &unit.Unit{})
	}
	return err
}

// Build builds a unit's program, unless it is there already. The error says what people can do about it.
func (b *Builder) Build(ctx context.Context, u *unit.Unit, platform string) (*proto.Object, error) {
	if u.Main == "" {
		return nil, &Error{"not compiled", cmp.Or(u.NoMain, "its source is not there")}
	}
	if o, ok := b.Cached(u, platform); ok {
		return o, nil
	}
	imports, err := importsOf(u.Main)
	if err != nil {
		return nil, &Error{"not compiled", err.Error()}
	}
	if u.Foreign && u.Modules == nil {
		return nil, &Error{"not compiled", "it imports packages of other modules, and where they are is not known"}
	}
	return b.busy.Do(ctx, b.key(u.Main, platform)+workspaceName(u), func() (*proto.Object, error) { return b.make(ctx, u, imports, platform) })
}

func (b *Builder) make(ctx context.Context, u *unit.Unit, imports []string, platform string) (*proto.Object, error) {
	tc, err := b.toolchain(ctx)
	if err != nil {
		return nil, err
	}
	base, err := b.base(ctx, tc, platform, imports, u)
	if err != nil {
		return nil, err
	}
	parts, imports, err := divided(u.Main, base, imports)
	if err != nil {
		return nil, err
	}
	key := b.key(u.Main, platform)
	if u.Foreign {
		key = b.keyWith(u.Main, base, imports)
		if o, ok := b.cached(key); ok {
			return o, nil
		}
	}
	if err := os.MkdirAll(b.o.Cache, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.o.Cache, "build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // at worst trim removes it
	if err := tc.program(ctx, dir, base, imports, parts); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "program"))
	if err != nil {
		return nil, err
	}
	o := &proto.Object{Hash: proto.HashOf(data), Data: data}
	b.keep(key, o)
	b.store(key, filepath.Join(dir, "program"), o.Hash) // without that it is only built again
	return o, nil
}

// key names a program by what it is made of.
func (b *Builder) key(main, platform string) string {
	return toolchain.Digest(runtime.Version(), sources().id, platform, main, b.o.Salt)
}

// keyWith does so for one that is linked with packages of other modules: the go command names files in its cache by content.
func (b *Builder) keyWith(main string, base *base, imports []string) string {
	parts := []string{runtime.Version(), base.OS, base.Arch, main, b.o.Salt}
	closure, _ := base.closure(imports) // what is missing is found out later
	for _, p := range closure {
		parts = append(parts, p, filepath.Base(base.Packages[p].Archive))
	}
	return toolchain.Digest(parts...)
}

func importsOf(main string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "unit.go", main, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, im := range f.Imports {
		paths = append(paths, strings.Trim(im.Path.Value, `"`))
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// part is a package of a program; what imports it comes after it.
type part struct {
	path, archive string
	files         map[string]string
}

// otherPackage is the package clause of a program whose types are not to be main's.
var otherPackage = regexp.MustCompile(`(?m)^package \w+ // import (".*")$`)

// divided returns the packages of a program, and what they import.
func divided(text string, base *base, imports []string) ([]part, []string, error) {
	all, err := base.closure(imports)
	if err != nil {
		return nil, nil, err
	}
	main := part{path: "main", archive: "main.a", files: map[string]string{}}
	if slices.Contains(all, hostPath) {
		main.files["screen.go"] = "package main\n\nimport screen__ \"" + screenPath + "\"\n\nfunc init() { screen__.Use() }\n"
		imports = append(imports, screenPath)
	}
	m := otherPackage.FindStringSubmatch(text)
	if m == nil {
		main.files["main.go"] = text
		return []part{main}, imports, nil
	}
	path, err := strconv.Unquote(m[1])
	if err != nil || slices.Contains(all, path) {
		return nil, nil, &Error{"not compiled", "every program for engines has package " + m[1] + " in it already"}
	}
	main.files["start.go"] = "package main\n\nimport unit__ " + m[1] + "\n\nfunc main() { unit__.Main__() }\n"
	return []part{{path, "unit.a", map[string]string{"main.go": text}}, main}, imports, nil
}

// program compiles and links a program in a directory.
func (t *gocmd) program(ctx context.Context, dir string, base *base, imports []string, parts []part) error {
	cfg, err := base.config(imports)
	if err != nil {
		return err
	}
	put := func(name, text string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
	for _, p := range parts {
		args := []string{"-p", p.path, "-importcfg", "cfg", "-pack", "-complete", "-lang=" + toolchain.Language(), "-trimpath=" + dir, "-o", p.archive}
		for name, text := range p.files {
			if err := put(name, text); err != nil {
				return err
			}
		}
		if err := put("cfg", cfg); err != nil {
			return err
		}
		// The build's directory is taken out of file names, so that a line directive with "In[3]" stays that.
		if err := t.tool(ctx, dir, base, "compile", append(args, slices.Sorted(maps.Keys(p.files))...)...); err != nil {
			return err
		}
		cfg += fmt.Sprintf("packagefile %s=%s\n", p.path, p.archive)
	}
	if err := put("cfg", cfg); err != nil {
		return err
	}
	return t.tool(ctx, dir, base, "link", "-importcfg", "cfg", "-s", "-w", "-buildmode=exe", "-o", "program", "main.a")
}

// tool runs a tool of the toolchain itself: the go command would take longer to find it than it takes to run.
func (t *gocmd) tool(ctx context.Context, dir string, base *base, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(t.GOTOOLDIR, name), args...)
	cmd.Dir = dir
	cmd.Env = append(slices.Clip(t.env), base.env()...)
	cmd.Env = append(cmd.Env, "GOROOT="+t.GOROOT, "PWD="+dir)
	cmd.WaitDelay = 3 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &Error{"the Go " + map[string]string{"compile": "compiler", "link": "linker"}[name] + " refused the unit", strings.TrimSpace(strings.ReplaceAll(string(out), dir+string(filepath.Separator), ""))}
	}
	if err != nil {
		return fmt.Errorf("running go tool %s: %w", name, err)
	}
	return nil
}
