package native

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/native/load"
	shared "github.com/gocluster/gocluster/internal/toolchain"
)

// Options are what a session decides about its kit.
type Options struct {
	Dir   string   // the session's module: go.mod lives here; "" makes one in a temporary directory when it is needed
	Work  string   // the user's working directory, for relative imports; "" is the process's
	Env   []string // variables on top of the process's
	Cache string   // what is kept between processes; "" is gocluster/native in the user's cache directory
	Limit int64    // bytes of compiled cells to keep; 0 is a GiB
	Log   *slog.Logger
}

// Plugins are what Build made of a cell; load.Open takes them.
type Plugins = load.Plugins

// Kit compiles the cells of one session. Its methods may be called concurrently.
type Kit struct {
	o    Options
	exe  *executable
	tc   *toolchain
	src  source
	room *room

	warming sync.Mutex // one Warm at a time
	listing sync.Mutex // one question to the go command at a time; guards mod
	mod     workspace

	mu     sync.Mutex
	cfg    *config // nil until warm; never changed, only replaced
	busy   shared.Once[Plugins]
	builds int
	absent map[string]absence
	types  imported
	// changes counts how often what is known of other modules' packages has changed, copied is Modules as of such a time.
	changes int
	copied  copied
	docs    map[string]map[string]string // doc comments of packages, by directory
}

// Find looks for what compiling cells needs. The error says what is missing and how to get it; it is a *MissingError for what
// this machine or this executable lacks.
func Find(ctx context.Context, o Options) (*Kit, error) {
	if err := platform(); err != nil {
		return nil, err
	}
	exe, err := inspect()
	if err != nil {
		return nil, err
	}
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	tc, err := findToolchain(ctx, o.Work, exe.environ(o.Env))
	if err != nil {
		return nil, err
	}
	if err := tc.checkC(); err != nil {
		return nil, err
	}
	k := &Kit{o: o, exe: exe, tc: tc, absent: map[string]absence{}}
	k.src, err = exe.findSource(ownFile(), func(mod string) (string, error) { return tc.download(ctx, mod) })
	if err != nil {
		return nil, err
	}
	k.room = newRoom(o.Cache, o.Limit, o.Log)
	k.mod = workspace{k: k, dir: o.Dir, work: o.Work, vars: tc.vars}
	return k, nil
}

// platform says whether this executable can load compiled cells at all.
func platform() error {
	if load.Supported {
		return nil
	}
	return unsupported(runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// unsupported says what an executable of a platform and a version of Go lacks; what it does not lack is cgo, if nothing else.
func unsupported(goos, goarch, version string) *MissingError {
	const what = "this executable cannot load compiled cells"
	switch {
	case goos != "linux":
		return &MissingError{What: what, Why: "on " + goos + " the method tables that a plugin brings cannot be made one with those that the process has, and errors that are equal would not be",
			Remedy: "run the session on Linux (on Windows in WSL, on macOS in a virtual machine or a container)"}
	case goarch != "amd64" && goarch != "arm64":
		return &MissingError{What: what, Why: "it is made for amd64 and arm64, not for " + goarch, Remedy: "run the session on such a machine"}
	case !strings.HasPrefix(version, "go1.26"):
		return &MissingError{What: what, Why: "it was built by " + version + ", and how that keeps types and method tables is known for Go 1.26",
			Remedy: "build it with Go 1.26: GOTOOLCHAIN=go1.26.0 go install ..."}
	}
	return &MissingError{What: what, Why: "it was built without cgo", Remedy: "build it with CGO_ENABLED=1 and a C compiler on the PATH"}
}

// complete fills in what the options leave open.
func (o Options) complete() (Options, error) {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Limit = cmp.Or(o.Limit, 1<<30)
	if o.Work == "" {
		dir, err := os.Getwd()
		if err != nil {
			return o, fmt.Errorf("finding the working directory: %w", err)
		}
		o.Work = dir
	}
	if o.Cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return o, &MissingError{What: "no cache directory", Why: err.Error(), Remedy: "set HOME or XDG_CACHE_HOME"}
		}
		o.Cache = filepath.Join(dir, "gocluster", "native")
	}
	for _, dir := range []*string{&o.Work, &o.Cache, &o.Dir} {
		if *dir == "" {
			continue
		}
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return o, err
		}
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			abs = real
		}
		*dir = abs
	}
	return o, nil
}

// environ is the environment of every command. What decides about code is the executable's, not the user's.
func (x *executable) environ(extra []string) []string {
	env := append(os.Environ(), extra...)
	env = append(env, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "CGO_ENABLED=1", "GO111MODULE=on", "GOEXPERIMENT=", "GOFIPS140=off")
	return append(env, x.env...)
}

// noFlags keeps the user's GOFLAGS out. An empty value would let those of go env -w in.
const noFlags = "GOFLAGS=-buildvcs=false"

// download fetches a module by the user's settings and returns its directory.
func (t *toolchain) download(ctx context.Context, mod string) (string, error) {
	out, err := t.run(ctx, command{dir: os.TempDir(), args: []string{"mod", "download", "-json", mod}, env: []string{"GOWORK=off", noFlags}})
	var m struct{ Dir, Error string }
	if json.Unmarshal(out, &m) == nil && m.Dir != "" {
		return m.Dir, nil
	}
	why := m.Error
	if why == "" && err != nil {
		why = err.Error()
	}
	return "", &MissingError{What: "the source of gocluster that this executable was built from cannot be fetched", Why: mod + ": " + why,
		Remedy: "set " + SourceVariable + " to a checkout of that version"}
}

// SetWork changes the user's working directory: what relative imports are relative to, and whose module or workspace counts. Packages
// that are loaded stay what they are.
func (k *Kit) SetWork(ctx context.Context, dir string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	there := &toolchain{gocmd: k.tc.gocmd, env: k.tc.env}
	if err := there.ask(ctx, real); err != nil {
		return fmt.Errorf("asking the go command about %s: %w", dir, err)
	}
	k.listing.Lock()
	defer k.listing.Unlock()
	k.mod.work, k.mod.vars = real, there.vars
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.absent)
	if k.changes > 0 {
		k.changes++
	}
	return nil
}

// SetEnv sets a variable of the session, or removes it with nil, for what fetches modules: GOPROXY, GOPRIVATE, the settings of git and the
// like. Others, which decide about code, are the executable's.
func (k *Kit) SetEnv(name string, value *string) {
	if !fetches(name) {
		return
	}
	k.listing.Lock()
	defer k.listing.Unlock()
	text := ""
	if value != nil {
		text = *value
	}
	if name == "GOFLAGS" {
		k.mod.vars.GOFLAGS = text
	} else {
		k.mod.env = append(k.mod.env, name+"="+text)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.absent)
}

// fetches reports whether fetching modules depends on a variable.
func fetches(name string) bool {
	switch name {
	case "GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE", "GOAUTH", "GOVCS", "GOFLAGS", "NETRC", "SSH_AUTH_SOCK":
		return true
	}
	return strings.HasPrefix(name, "GIT_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY")
}

// Close gives back what the kit holds. Plugins that are open stay so.
func (k *Kit) Close() error { return k.room.close() }

// digest is a name for content.
func digest(parts ...string) string { return shared.Digest(parts...) }

// standard reports whether an import path is of the standard library.
func (t *toolchain) standard(path string) bool {
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		return false
	}
	st, err := os.Stat(filepath.Join(t.vars.GOROOT, "src", filepath.FromSlash(path)))
	return path == "unsafe" || err == nil && st.IsDir()
}

// own reports whether an import path is of this module.
func own(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }
