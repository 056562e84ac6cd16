package native

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

const module = "github.com/gocluster/gocluster"

// executable is how this executable was built: cells and their packages are compiled alike.
type executable struct {
	info *debug.BuildInfo
	id   string   // of its content
	args []string // build flags of the go command
	tool []string // flags that compiler and linker both take
	env  []string // architecture level, experiments
	race bool
}

// inspect describes this executable, or says why no plugin can match it.
func inspect() (*executable, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, &MissingError{What: "this executable does not say how it was built", Remedy: "build it with go build or go install"}
	}
	x := &executable{info: info}
	for _, s := range info.Settings {
		if err := x.setting(s.Key, s.Value); err != nil {
			return nil, err
		}
	}
	x.id = identity()
	return x, nil
}

// setting takes one line of what go version -m shows.
func (x *executable) setting(key, value string) error {
	switch key {
	case "-race", "-msan", "-asan":
		if value == "true" {
			x.args = append(x.args, key)
			x.tool = append(x.tool, key)
			x.race = x.race || key == "-race"
		}
	case "-trimpath":
		if value == "true" {
			x.args = append(x.args, key)
		}
	case "-tags":
		x.args = append(x.args, "-tags="+value)
	case "-gcflags", "-asmflags":
		// Without a pattern the flags were for the main package, which no cell imports.
		if strings.HasPrefix(value, "all=") {
			x.args = append(x.args, key+"="+value)
		}
	case "-cover":
		if value == "true" {
			return &MissingError{What: "this executable was built with -cover, which makes its packages others than those that cells are compiled with",
				Remedy: "build it without -cover"}
		}
	case "-compiler":
		if value != "gc" {
			return &MissingError{What: "this executable was built by " + value, Remedy: "build it with the standard Go compiler"}
		}
	case "GOEXPERIMENT", "GOFIPS140", "GO" + strings.ToUpper(runtime.GOARCH), "GOARM":
		x.env = append(x.env, key+"="+value)
	}
	return nil
}

// pkg is the import path of the main package, or of the package under test.
func (x *executable) pkg() string { return strings.TrimSuffix(x.info.Path, ".test") }

// underTest is the import path of the package whose test this executable is, or "".
func (x *executable) underTest() string {
	if p, ok := strings.CutSuffix(x.info.Path, ".test"); ok {
		return p
	}
	return ""
}

// linked returns the versions of the modules in the executable.
func (x *executable) linked() map[string]string {
	m := map[string]string{}
	for _, d := range x.info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		m[d.Path] = d.Version
	}
	return m
}

// identity tells apart executables of different content: by the build ID, else by name, size and time.
func identity() string {
	exe := ownExecutable()
	if id := buildID(exe); id != "" {
		return id
	}
	st, err := os.Stat(exe)
	if err != nil {
		return exe
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", exe, st.Size(), st.ModTime().UnixNano()))
	return hex.EncodeToString(sum[:])
}

// buildID reads the note that the Go linker leaves in an ELF file. It ends with a hash of the content.
func buildID(exe string) string {
	f, err := elf.Open(exe)
	if err != nil {
		return ""
	}
	defer f.Close()
	s := f.Section(".note.go.buildid")
	if s == nil {
		return ""
	}
	note, err := s.Data()
	if err != nil || len(note) < 16 {
		return ""
	}
	return strings.TrimRight(string(note[16:]), "\x00")
}

// source is where the packages of this module are compiled from.
type source struct {
	dir string
	// version is not empty if the executable's packages were compiled from the module of that version with -trimpath: their file
	// names contain it, so they must be compiled as that again, not as a directory.
	version string
}

// ownFile is the name of this file as the compiler recorded it.
func ownFile() string {
	_, file, _, _ := runtime.Caller(0)
	return file
}

const ownPath = "/internal/native/executable.go"

// SourceVariable names a checkout of this module, for executables that do not say where theirs is.
const SourceVariable = "GOCLUSTER_SOURCE"

// findSource locates this module's source. download fetches a version of a module and returns its directory.
func (x *executable) findSource(file string, download func(mod string) (string, error)) (source, error) {
	root := strings.TrimSuffix(filepath.ToSlash(file), ownPath)
	if filepath.IsAbs(file) {
		dir := filepath.FromSlash(root)
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			return source{}, &MissingError{What: "the source of gocluster that this executable was built from is gone", Why: dir,
				Remedy: "build it again from where the source is now"}
		}
		return source{dir: dir}, nil
	}
	if _, version, ok := strings.Cut(root, "@"); ok {
		dir, err := download(module + "@" + version)
		return source{dir: dir, version: version}, err
	}
	if dir := os.Getenv(SourceVariable); dir != "" {
		return source{dir: dir}, nil
	}
	version := x.version()
	if version == "" || version == "(devel)" || strings.HasSuffix(version, "+dirty") {
		return source{}, &MissingError{What: "the source of gocluster cannot be found: this executable was built with -trimpath from a checkout",
			Why: path.Base(root) + " " + version, Remedy: "set " + SourceVariable + " to the checkout, or build it without -trimpath"}
	}
	dir, err := download(module + "@" + version)
	return source{dir: dir}, err
}

// version is that of this module in the executable.
func (x *executable) version() string {
	if x.info.Main.Path == module {
		return x.info.Main.Version
	}
	for _, d := range x.info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return ""
}

// ownExecutable is the file that this process runs, even if another one has taken its place since.
func ownExecutable() string {
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		return "/proc/self/exe"
	}
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	return exe
}
