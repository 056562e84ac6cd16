package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	shared "github.com/gocluster/gocluster/internal/toolchain"
)

// PathMark stands for the plugin path in a cell's source.
const PathMark = "@@PLUGINPATH@@"

// BuildError is a cell that the compiler or the linker refused. The front end has checked the cell, so this is a defect of ours.
type BuildError struct {
	Step     string // "compile" or "link"
	Problems []Problem
	Text     string // all that the tool said
}

// Problem is one complaint of the compiler. File, Line and Column are where the line directives of the source say.
type Problem struct {
	File         string
	Line, Column int
	Message      string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

func (e *BuildError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the Go %ser refused what gocluster made of this cell; that is a defect of gocluster, please report it (%%tier interpreted runs the cell otherwise)", strings.Replace(e.Step, "compile", "compil", 1))
	if len(e.Problems) == 0 {
		fmt.Fprintf(&b, "\n%s", e.Text)
	}
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "\n%s", p)
	}
	return b.String()
}

// Build compiles a cell: one Go file of package main whose imports are those given.
func (k *Kit) Build(ctx context.Context, source string, imports []string) (Plugins, error) {
	c, err := k.need(ctx, imports)
	if err != nil {
		return Plugins{}, err
	}
	p, err := k.build(ctx, c, source, imports)
	if err != nil && !c.valid() { // somebody has cleaned the go command's cache
		if err := k.Forget(); err != nil {
			return Plugins{}, err
		}
		if c, err = k.need(ctx, imports); err != nil {
			return Plugins{}, err
		}
		p, err = k.build(ctx, c, source, imports)
	}
	if err != nil {
		return Plugins{}, err
	}
	p.Changed = c.changed(imports)
	k.count()
	return p, nil
}

// count trims the shared cache now and then.
func (k *Kit) count() {
	k.mu.Lock()
	k.builds++
	due := k.builds%64 == 0
	k.mu.Unlock()
	if due {
		k.room.trim()
	}
}

func (k *Kit) build(ctx context.Context, c *config, source string, imports []string) (Plugins, error) {
	deps, err := k.deps(ctx, c, imports)
	if err != nil {
		return Plugins{}, err
	}
	pluginPath := "p/" + digest(source)[:16]
	p, err := k.once(ctx, c, unit{
		path: "main", plugin: pluginPath, imports: imports,
		source: strings.ReplaceAll(source, PathMark, pluginPath),
	})
	p.Path, p.Deps = pluginPath, deps
	return p, err
}

// unit is one plugin to build.
type unit struct {
	path    string // of the package, for the compiler
	plugin  string // of the plugin, for the linker
	source  string
	imports []string
}

// once builds a unit, or waits for who is building it, or takes what was built before.
func (k *Kit) once(ctx context.Context, c *config, u unit) (Plugins, error) {
	closure, err := k.closure(c, u.imports)
	if err != nil {
		return Plugins{}, err
	}
	key := k.key(c, u, closure)
	return k.busy.Do(ctx, key, func() (Plugins, error) { return k.make(ctx, c, u, key, closure) })
}

// key names the result of a build by all that goes into it.
func (k *Kit) key(c *config, u unit, closure []string) string {
	parts := []string{keptVersion, k.tc.vars.GOVERSION, k.tc.vars.GOROOT, k.tc.vars.CC, k.tc.vars.CXX, u.path, u.plugin, u.source}
	parts = slices.Concat(parts, k.exe.tool, k.exe.env, c.Linker.Flags)
	return digest(append(parts, c.archives(closure)...)...)
}

// archives names builds of packages: the go command names files in its cache by content.
func (c *config) archives(paths []string) []string {
	var names []string
	for _, p := range paths {
		names = append(names, p, path.Base(filepath.ToSlash(c.Packages[p].Archive)))
	}
	return names
}

func (k *Kit) make(ctx context.Context, c *config, u unit, key string, closure []string) (Plugins, error) {
	start := time.Now()
	file, hit, err := k.room.get(key, func(dir, file string) error {
		j := job{k: k, c: c, u: u, dir: dir}
		if err := j.configure(closure); err != nil {
			return err
		}
		if err := j.compile(ctx); err != nil {
			return err
		}
		return j.link(ctx, file, closure)
	})
	if err != nil {
		return Plugins{}, err
	}
	k.o.Log.Debug("compiled a cell", "plugin", u.plugin, "cached", hit, "took", time.Since(start))
	return Plugins{Cell: file, Cached: hit}, nil
}

// job is one run of compiler and linker in a directory of its own.
type job struct {
	k   *Kit
	c   *config
	u   unit
	dir string
}

func (j *job) file(name string) string { return filepath.Join(j.dir, name) }

// configure writes the source and where the compiled packages are.
func (j *job) configure(closure []string) error {
	var cfg bytes.Buffer
	for _, p := range closure {
		fmt.Fprintf(&cfg, "packagefile %s=%s\n", p, j.c.Packages[p].Archive)
	}
	if err := os.WriteFile(j.file("cfg"), cfg.Bytes(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(j.file("cell.go"), []byte(j.u.source), 0o600)
}

// compile takes the build's directory out of file names, so that a line directive with "In[3]" stays that.
func (j *job) compile(ctx context.Context) error {
	args := []string{"-p", j.u.path, "-dynlink", "-importcfg", "cfg", "-pack", "-lang=" + shared.Language(), "-trimpath=" + j.dir, "-o", "cell.a"}
	args = slices.Concat(args, j.k.exe.tool, []string{"cell.go"})
	return j.tool(ctx, "compile", args)
}

func (j *job) link(ctx context.Context, out string, closure []string) error {
	args := []string{"-buildmode=plugin", "-pluginpath", j.u.plugin, "-importcfg", "cfg", "-s", "-w", "-compressdwarf=false", "-o", out}
	cc, err := j.k.extld(j.c.Linker, slices.ContainsFunc(closure, func(p string) bool { return j.c.Packages[p].CXX }))
	if err != nil {
		return err
	}
	if cc != "" {
		args = append(args, "-extld="+cc)
	}
	if len(j.c.Linker.Flags) > 0 {
		args = append(args, "-extldflags="+strings.Join(j.c.Linker.Flags, " "))
	}
	args = slices.Concat(args, j.k.exe.tool, []string{"cell.a"})
	return j.tool(ctx, "link", args)
}

// tool runs a tool of the toolchain itself: the go command would take longer to find it than it takes to run.
func (j *job) tool(ctx context.Context, name string, args []string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(j.k.tc.vars.GOTOOLDIR, name), args...)
	cmd.Dir = j.dir
	cmd.Env = append(slices.Clip(j.k.tc.env), "GOROOT="+j.k.tc.vars.GOROOT, "PWD="+j.dir)
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = 3 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		text := strings.TrimSpace(strings.ReplaceAll(string(out), j.dir+string(filepath.Separator), ""))
		return &BuildError{Step: name, Problems: problems(text), Text: text}
	}
	if err != nil {
		return fmt.Errorf("running the Go %ser: %w", strings.TrimSuffix(name, "e"), err)
	}
	return nil
}

var complaint = regexp.MustCompile(`^(.+?):(\d+):(\d+): (.*)$`)

// problems reads the compiler's complaints; lines that are none continue the one before.
func problems(text string) []Problem {
	var all []Problem
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if m := complaint.FindStringSubmatch(line); m != nil {
			row, _ := strconv.Atoi(m[2])
			col, _ := strconv.Atoi(m[3])
			all = append(all, Problem{File: m[1], Line: row, Column: col, Message: m[4]})
		} else if len(all) > 0 && line != "" {
			all[len(all)-1].Message += "\n" + line
		}
	}
	return all
}

// changed names the local packages that a cell needs and whose files are others than when they were compiled.
func (c *config) changed(imports []string) []string {
	var names []string
	seen := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		p := c.Packages[path]
		if p == nil || seen[path] || !c.session[path] {
			return
		}
		seen[path] = true
		if slices.ContainsFunc(p.Files, func(s stamp) bool { return stampOf(s.Name) != s }) {
			names = append(names, path)
		}
		for _, imp := range p.Imports {
			visit(imp)
		}
	}
	for _, imp := range imports {
		visit(imp)
	}
	return names
}
