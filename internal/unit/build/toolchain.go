package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/toolchain"
	"github.com/gocluster/gocluster/internal/unit"
)

// gocmd is a Go toolchain.
type gocmd struct {
	name                         string
	env                          []string
	GOVERSION, GOROOT, GOTOOLDIR string
}

// MissingError says that there is nothing to compile with.
type MissingError struct{ What, Remedy string }

func (e *MissingError) Error() string { return e.What + "; " + e.Remedy }

// again is how long a missing toolchain is not looked for again.
const again = 30 * time.Second

// toolchain finds the Go toolchain, once.
func (b *Builder) toolchain(ctx context.Context) (*gocmd, error) {
	b.finding.Lock()
	defer b.finding.Unlock()
	if b.tc != nil || b.missing != nil && time.Since(b.looked) < again {
		return b.tc, b.missing
	}
	if err := b.placed(); err != nil {
		return nil, err
	}
	tc, err := find(ctx, append(os.Environ(), b.o.Env...))
	if ctx.Err() == nil {
		b.tc, b.missing, b.looked = tc, err, time.Now()
	}
	return tc, err
}

// placed says whether there is a place for programs.
func (b *Builder) placed() error {
	if b.o.Cache == "" {
		return &MissingError{"there is no cache directory", "set HOME or XDG_CACHE_HOME"}
	}
	return nil
}

// find looks for the go command on the PATH. Its version must be this executable's: the packages that programs are made with are
// known to work with that.
func find(ctx context.Context, env []string) (*gocmd, error) {
	remedy := "install " + runtime.Version() + " and have its go command on the PATH"
	name, err := toolchain.Go(env)
	if err != nil {
		return nil, &MissingError{"there is no Go toolchain on this machine", remedy}
	}
	env = append(slices.Clip(env), "GO111MODULE=on", "GOWORK=off", "GOFLAGS=-buildvcs=false", "GOEXPERIMENT=", "GOFIPS140=off", "CGO_ENABLED=0", "GOTOOLCHAIN=local")
	t := &gocmd{name: name, env: env}
	out, err := t.run(ctx, command{dir: os.TempDir(), args: []string{"env", "-json", "GOVERSION", "GOROOT", "GOTOOLDIR"}})
	if err == nil {
		err = json.Unmarshal(out, t)
	}
	if err != nil {
		return nil, &MissingError{"the go command does not work: " + err.Error(), remedy}
	}
	if t.GOVERSION != runtime.Version() {
		return nil, &MissingError{fmt.Sprintf("%s is %s, this executable was built by %s", name, t.GOVERSION, runtime.Version()), remedy}
	}
	return t, nil
}

// command is one run of the go command.
type command struct {
	dir              string
	env, flags, args []string
}

// run runs the go command and returns its standard output.
func (t *gocmd) run(ctx context.Context, c command) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.name, c.args...)
	cmd.Dir = c.dir
	cmd.Env = append(append(slices.Clip(t.env), c.env...), "PWD="+c.dir)
	cmd.WaitDelay = 3 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, &Error{"go " + c.args[0], strings.TrimSpace(said.String())}
	}
	return out.Bytes(), err
}

// base is what programs of one platform are linked with: compiled packages, in the go command's cache. It is not changed once made.
type base struct {
	OS, Arch string
	Packages map[string]compiled
	// asked are the packages that were asked for, of a workspace.
	asked []string
}

type compiled struct {
	Archive string
	Imports []string
}

func (b *base) env() []string { return []string{"GOOS=" + b.OS, "GOARCH=" + b.Arch} }

// has reports whether these packages are there.
func (b *base) has(imports []string) bool {
	for _, p := range imports {
		if _, ok := b.Packages[p]; !ok && p != "unsafe" {
			return false
		}
	}
	return true
}

// valid reports whether the archives are still there: the go command removes what it has not used for days.
func (b *base) valid() bool {
	for _, p := range b.Packages {
		if !toolchain.There(p.Archive) {
			return false
		}
	}
	return true
}

// closure returns the packages that a program with these imports is linked with, sorted.
func (b *base) closure(imports []string) ([]string, error) {
	seen := map[string]bool{}
	queue := append([]string{"runtime"}, imports...)
	for len(queue) > 0 {
		p := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[p] || p == "unsafe" {
			continue
		}
		c, ok := b.Packages[p]
		if !ok {
			return nil, &Error{"not compiled", "package " + p + " is not there"}
		}
		seen[p] = true
		queue = append(queue, c.Imports...)
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// config is an import configuration for a program with these imports.
func (b *base) config(imports []string) (string, error) {
	closure, err := b.closure(imports)
	var cfg strings.Builder
	for _, p := range closure {
		fmt.Fprintf(&cfg, "packagefile %s=%s\n", p, b.Packages[p].Archive)
	}
	return cfg.String(), err
}

// workspaceName tells apart the workspaces that units' packages come from. What they say does not change.
func workspaceName(u *unit.Unit) string {
	if !u.Foreign || u.Modules == nil {
		return ""
	}
	return " " + toolchain.Digest(slices.Concat([]string{u.Modules.Dir}, u.Modules.Env, u.Modules.Flags)...)
}

// base returns the compiled packages of a platform, these among them. Those of other modules are as a workspace has them.
func (b *Builder) base(ctx context.Context, tc *gocmd, platform string, imports []string, u *unit.Unit) (*base, error) {
	goos, goarch, ok := strings.Cut(platform, "/")
	if !ok {
		return nil, &Error{"not compiled", "there is no platform " + platform}
	}
	id := platform + workspaceName(u)
	b.mu.Lock()
	have := b.bases[id]
	b.mu.Unlock()
	name := filepath.Join(b.o.Cache, "base", toolchain.Digest(tc.GOVERSION, tc.GOROOT, sources().id, platform)+".json")
	if have == nil {
		have = &base{OS: goos, Arch: goarch, Packages: map[string]compiled{}}
		if data, err := os.ReadFile(name); !u.Foreign && err == nil && (json.Unmarshal(data, have) != nil || !have.valid()) {
			have.Packages = map[string]compiled{}
		}
	}
	if have.has(imports) {
		b.remember(id, have)
		return have, nil
	}
	if u.Foreign {
		made, err := tc.listModules(ctx, have, imports, u.Modules)
		if err == nil {
			b.remember(id, made)
		}
		return made, err
	}
	dir, err := b.workspace()
	if err != nil {
		return nil, err
	}
	made, err := tc.list(ctx, dir, have, imports)
	if err != nil {
		return nil, err
	}
	b.remember(id, made)
	if data, err := json.Marshal(made); err == nil {
		_ = write(name, data) // without it the go command is asked again
	}
	return made, nil
}

func (b *Builder) remember(platform string, made *base) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bases[platform] = made
}

// common are packages that cells often use; they are compiled with the first ones, so that later units need not wait.
var common = []string{WorkerPath, "bytes", "cmp", "container/heap", "container/list", "context", "encoding/json", "errors", "fmt", "io", "maps", "math", "math/big", "math/bits",
	"math/cmplx", "math/rand", "math/rand/v2", "os", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "time", "unicode", "unicode/utf8"}

// list asks the go command to compile packages and all that they need.
func (t *gocmd) list(ctx context.Context, dir string, have *base, imports []string) (*base, error) {
	made, err := t.ask(ctx, command{dir: dir, env: have.env()}, slices.Concat(common, imports))
	if err != nil {
		return nil, err
	}
	all := maps.Clone(have.Packages)
	maps.Copy(all, made)
	return &base{OS: have.OS, Arch: have.Arch, Packages: all}, nil
}

// listModules asks for packages of other modules, anew for all that have been imported: files of local packages may have changed, and
// what is linked together must have been compiled together.
func (t *gocmd) listModules(ctx context.Context, have *base, imports []string, modules *unit.Modules) (*base, error) {
	asked := slices.Concat(have.asked, imports, []string{WorkerPath, screenPath})
	c := command{dir: modules.Dir, env: slices.Concat(modules.Env, have.env()), flags: modules.Flags}
	made, err := t.ask(ctx, c, asked)
	if err != nil {
		return nil, err
	}
	return &base{OS: have.OS, Arch: have.Arch, Packages: made, asked: asked}, nil
}

func (t *gocmd) ask(ctx context.Context, c command, wanted []string) (map[string]compiled, error) {
	slices.Sort(wanted)
	fields := "-json=ImportPath,Export,Imports,ImportMap"
	c.args = slices.Concat([]string{"list", "-trimpath", "-export", "-deps", fields}, c.flags, []string{"--"}, slices.Compact(wanted))
	out, err := t.run(ctx, c)
	if err != nil {
		return nil, withoutCgo(err)
	}
	made := map[string]compiled{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Export string
			Imports            []string
			ImportMap          map[string]string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return made, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the answer of go list: %w", err)
		}
		if p.Export == "" {
			continue
		}
		for i, imp := range p.Imports {
			if to, ok := p.ImportMap[imp]; ok {
				p.Imports[i] = to
			}
		}
		made[p.ImportPath] = compiled{p.Export, p.Imports}
	}
}

// withoutCgo says more of packages that only exist with cgo.
func withoutCgo(err error) error {
	var e *Error
	if errors.As(err, &e) && strings.Contains(e.Text, "build constraints exclude all Go files") {
		return &Error{e.Step, e.Text + "\n(programs for engines are compiled without cgo; a package that needs C cannot be part of one)"}
	}
	return err
}
