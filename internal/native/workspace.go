package native

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	shared "github.com/gocluster/gocluster/internal/toolchain"
	units "github.com/gocluster/gocluster/internal/unit"
)

// workspace is the session's module, and the workspace that is put together around it: a go.work that nobody but us sees. Its methods
// are called with Kit.listing held.
type workspace struct {
	k    *Kit
	work string   // the user's working directory
	vars goenv    // as it is there
	env  []string // what the session has set of what fetching depends on
	dir  string   // of the session's module; "" until it is made
	uses []string // directories of modules that relative imports have led to
	all  []string // directories of all modules of the workspace, as last composed
	// made are go.mod files that do not exist: the go command is shown them (-overlay).
	made map[string]string
	// fixed is another kit's workspace that takes the place of this one, if there is one.
	fixed *units.Modules
}

// sessionModule is the name of a session's module, unless its go.mod says otherwise.
const sessionModule = "session"

// modFile returns the name of the session's go.mod, which is there then.
func (w *workspace) modFile() (string, error) {
	if w.dir == "" {
		own, err := w.k.room.private()
		if err != nil {
			return "", err
		}
		w.dir = filepath.Join(own, sessionModule)
	}
	name := filepath.Join(w.dir, "go.mod")
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return "", fmt.Errorf("making the session's module: %w", err)
	}
	return name, os.WriteFile(name, fmt.Appendf(nil, "module %s\n\ngo %s\n", sessionModule, strings.TrimPrefix(shared.Language(), "go")), 0o600)
}

// command returns a run of the go command in the session's workspace.
func (w *workspace) command(args ...string) (command, error) {
	if m := w.fixed; m != nil {
		return command{dir: m.Dir, args: slices.Concat(args, m.Flags), env: m.Env}, nil
	}
	file, err := w.modFile()
	if err != nil {
		return command{}, err
	}
	work, flags, err := w.compose()
	if err != nil {
		return command{}, err
	}
	return command{dir: filepath.Dir(file), args: slices.Concat(args, flags),
		env: append(slices.Clip(w.env), "GOWORK="+work, noFlags+userFlags(w.vars.GOFLAGS))}, nil
}

// alone returns a run of the go command in the session's module by itself: what changes its go.mod.
func (w *workspace) alone(args ...string) (command, error) {
	file, err := w.modFile()
	return command{dir: filepath.Dir(file), args: args,
		env: append(slices.Clip(w.env), "GOWORK=off", noFlags+userFlags(w.vars.GOFLAGS))}, err
}

// userFlags keeps of GOFLAGS what does not decide about code: that is the executable's to say.
func userFlags(flags string) string {
	var kept []string
	for f := range strings.FieldsSeq(flags) {
		name, _, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if slices.Contains([]string{"modcacherw", "insecure", "p", "x"}, name) {
			kept = append(kept, " "+f)
		}
	}
	return strings.Join(kept, "")
}

// compose writes the go.work of the moment, and returns its name and the flags that go with it.
func (w *workspace) compose() (file string, flags []string, err error) {
	own, err := w.k.room.private()
	if err != nil {
		return "", nil, err
	}
	f := new(modfile.WorkFile)
	f.Syntax = new(modfile.FileSyntax)
	if err := f.AddGoStmt(goVersion()); err != nil {
		return "", nil, err
	}
	base, err := w.k.baseDir()
	if err != nil {
		return "", nil, err
	}
	overlay := map[string]string{}
	for name, text := range w.made {
		overlay[name] = text
	}
	uses := append([]string{w.dir, base}, w.uses...)
	more, err := w.user(f, overlay)
	if err != nil {
		return "", nil, err
	}
	w.all = unique(append(uses, more...))
	for _, dir := range w.all {
		err = errors.Join(err, f.AddUse(dir, ""))
	}
	f.Cleanup()
	file = filepath.Join(own, "go.work")
	err = errors.Join(err, replaceFile(file, modfile.Format(f.Syntax)))
	if len(overlay) > 0 {
		name, oerr := w.overlay(own, overlay)
		err = errors.Join(err, oerr)
		flags = []string{"-overlay=" + name}
	}
	return file, flags, err
}

// requirements are versions by module.
type requirements map[string]string

// version completes a package's path by the version that its module is asked for at.
func (r requirements) version(path string) string {
	best := ""
	for mod := range r {
		if provides(mod, path) && len(mod) > len(best) {
			best = mod
		}
	}
	if best == "" {
		return path
	}
	return path + "@" + r[best]
}

// required returns the modules that the go.mod files of the workspace ask for.
func (w *workspace) required() (requirements, error) {
	asked := requirements{}
	for _, dir := range w.all {
		name := filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // one of those that are only shown
		}
		if err != nil {
			return nil, err
		}
		f, err := modfile.ParseLax(name, data, nil)
		if err != nil {
			return nil, err
		}
		for _, r := range f.Require {
			if semver.Compare(r.Mod.Version, asked[r.Mod.Path]) > 0 {
				asked[r.Mod.Path] = r.Mod.Version
			}
		}
	}
	return asked, nil
}

func unique(dirs []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(dirs, func(d string) bool {
		if real, err := filepath.EvalSymlinks(d); err == nil {
			d = real
		}
		was := seen[d]
		seen[d] = true
		return was
	})
}

func replaceFile(name string, data []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return nil
	}
	return os.WriteFile(name, data, 0o600)
}

// overlay writes the files that are to be seen where there are none.
func (w *workspace) overlay(own string, files map[string]string) (string, error) {
	replace := map[string]string{}
	dir := filepath.Join(own, "overlay")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for name, text := range files {
		to := filepath.Join(dir, digest(name)+".mod")
		if err := replaceFile(to, []byte(text)); err != nil {
			return "", err
		}
		replace[name] = to
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(own, "overlay.json")
	return name, replaceFile(name, data)
}

// user adds what the user's working directory is part of: a workspace, or a module, with what it has vendored.
func (w *workspace) user(f *modfile.WorkFile, overlay map[string]string) (uses []string, err error) {
	v := w.vars
	root := ""
	switch {
	case v.GOWORK != "" && v.GOWORK != "off":
		root = filepath.Dir(v.GOWORK)
		if uses, err = w.userWork(f, v.GOWORK); err != nil {
			return nil, err
		}
	case v.GOMOD != "" && v.GOMOD != os.DevNull && !strings.HasPrefix(v.GOMOD, filepath.Join(v.GOROOT, "src")):
		root = filepath.Dir(v.GOMOD)
		uses = []string{root}
	default:
		return nil, nil
	}
	if strings.Contains(v.GOFLAGS, "-mod=mod") || strings.Contains(v.GOFLAGS, "-mod=readonly") {
		return uses, nil
	}
	return uses, w.vendored(f, overlay, filepath.Join(root, "vendor"))
}

// userWork copies a go.work, with its relative names made absolute.
func (w *workspace) userWork(f *modfile.WorkFile, file string) (uses []string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	theirs, err := modfile.ParseWork(file, data, nil)
	if err != nil {
		return nil, fmt.Errorf("reading your workspace: %w", err)
	}
	absolute := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(filepath.Dir(file), filepath.FromSlash(name))
	}
	for _, u := range theirs.Use {
		uses = append(uses, absolute(u.Path))
	}
	for _, r := range theirs.Replace {
		to := r.New.Path
		if modfile.IsDirectoryPath(to) {
			to = absolute(to)
		}
		err = errors.Join(err, f.AddReplace(r.Old.Path, r.Old.Version, to, r.New.Version))
	}
	return uses, err
}

// vendored replaces modules by their copies in a vendor directory. A copy has no go.mod, so it is shown one. Modules that are in the
// executable at that version stay what they are.
func (w *workspace) vendored(f *modfile.WorkFile, overlay map[string]string, dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "modules.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	linked := w.k.exe.linked()
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "#" || fields[1] == module {
			continue
		}
		copied := filepath.Join(dir, filepath.FromSlash(fields[1]))
		if _, err := os.Stat(copied); err != nil || len(fields) > 2 && linked[fields[1]] == fields[2] {
			continue
		}
		overlay[filepath.Join(copied, "go.mod")] = "module " + fields[1] + "\n\ngo " + goVersion() + "\n"
		if err := f.AddReplace(fields[1], "", copied, ""); err != nil {
			return err
		}
	}
	return nil
}

// relative reports whether an import path is a directory's: "./mypkg", "../lib".
func relative(p string) bool {
	return p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../")
}

// local makes a package in a directory part of the workspace and returns its import path. Without a go.mod above it, it is shown
// one: at the working directory if the package is inside.
func (w *workspace) local(rel string) (string, error) {
	dir := filepath.Join(w.work, filepath.FromSlash(rel))
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return "", &PackageError{Path: rel, Text: "there is no directory " + dir}
	}
	root, mod, err := moduleAbove(dir)
	if err != nil {
		return "", err
	}
	if root == "" {
		root = dir
		if inside, err := filepath.Rel(w.work, dir); err == nil && filepath.IsLocal(inside) {
			root = w.work
		}
		mod = w.show(root)
	}
	if !slices.Contains(w.uses, root) {
		w.uses = append(w.uses, root)
	}
	below, err := filepath.Rel(root, dir)
	return path.Join(mod, filepath.ToSlash(below)), err
}

// show has the go command see a go.mod in a directory, and returns the module's name: "local" for the first one, a longer one for
// others.
func (w *workspace) show(root string) (mod string) {
	if w.made == nil {
		w.made = map[string]string{}
	}
	name := filepath.Join(root, "go.mod")
	if text, ok := w.made[name]; ok {
		return modfile.ModulePath([]byte(text))
	}
	mod = "local"
	if len(w.made) > 0 {
		mod += path.Clean("/" + filepath.ToSlash(strings.TrimPrefix(root, filepath.VolumeName(root))))
	}
	w.made[name] = "module " + mod + "\n\ngo " + goVersion() + "\n"
	return mod
}

// moduleAbove finds the module that a directory belongs to; "" if there is none.
func moduleAbove(dir string) (root, mod string, err error) {
	for root = dir; ; root = filepath.Dir(root) {
		data, err := os.ReadFile(filepath.Join(root, "go.mod"))
		if err == nil {
			if mod = modfile.ModulePath(data); mod == "" {
				return "", "", fmt.Errorf("%s names no module", filepath.Join(root, "go.mod"))
			}
			return root, mod, nil
		}
		if filepath.Dir(root) == root {
			return "", "", nil
		}
	}
}
