// Package spec installs and removes the kernelspec, by which Jupyter knows that there is a kernel for Go and how to start it.
package spec

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/jupyter"
)

// DefaultName is the name under which the kernel is installed, and DefaultDisplayName the one that people choose.
const (
	DefaultName        = "go"
	DefaultDisplayName = "Go"
)

// ErrForeign is wrapped where there is another program's kernel under the name.
var ErrForeign = errors.New("another program's kernel")

// Options say what to install.
type Options struct {
	Name        string // DefaultName if empty
	DisplayName string // DefaultDisplayName if empty
	// Executable is the program that runs as the kernel; the running one if empty. One that lies where it will not stay, as
	// `go run` builds them, is copied beside the kernelspec.
	Executable string
	Where      Where
	Version    string
	// Args are further arguments that the kernel is started with.
	Args []string
}

// kernelJSON is the file that makes a folder a kernelspec.
type kernelJSON struct {
	Argv            []string       `json:"argv"`
	DisplayName     string         `json:"display_name"`
	Language        string         `json:"language"`
	InterruptMode   string         `json:"interrupt_mode"`
	ProtocolVersion string         `json:"kernel_protocol_version"`
	Env             map[string]any `json:"env"`
	Metadata        map[string]any `json:"metadata"`
}

const (
	specFile = "kernel.json"
	// mark is the key in the metadata that tells our kernelspecs from others'.
	mark = "gocluster"
)

var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

func checkName(name string) (string, error) {
	if name == "" {
		return DefaultName, nil
	}
	if lower := strings.ToLower(name); names.MatchString(lower) {
		return lower, nil
	}
	return "", fmt.Errorf("the kernel's name is %q; Jupyter allows letters, digits, '.', '_' and '-'", name)
}

// Install installs the kernelspec, in place of an earlier one of ours, and returns its folder.
func Install(o Options) (dir string, err error) {
	name, err := checkName(o.Name)
	if err != nil {
		return "", err
	}
	parent, err := o.Where.kernels()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(parent, name)
	if err := checkOurs(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w; install under another one with --name", err)
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("cannot install the kernel: %w", err)
	}
	// The folder is made beside its place and moved: Jupyter never sees half of it.
	tmp, err := os.MkdirTemp(parent, "."+name+"-")
	if err != nil {
		return "", fmt.Errorf("cannot install the kernel: %w", err)
	}
	err = fill(tmp, dir, o)
	if err == nil {
		err = replace(tmp, dir)
	}
	if err != nil {
		_ = os.RemoveAll(tmp)
		return "", fmt.Errorf("cannot install the kernel: %w", err)
	}
	return dir, nil
}

func replace(tmp, dir string) error {
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

// fill writes the kernelspec into tmp, which will be moved to dir.
func fill(tmp, dir string, o Options) error {
	program, err := executable(o.Executable)
	if err != nil {
		return err
	}
	if passing(program) {
		name := "gocluster" + filepath.Ext(program)
		if err := copyFile(filepath.Join(tmp, name), program); err != nil {
			return err
		}
		program = filepath.Join(dir, name)
	}
	display := o.DisplayName
	if display == "" {
		display = DefaultDisplayName
	}
	raw, err := json.MarshalIndent(kernelJSON{
		Argv:            append([]string{program, "kernel", "run", "-f", "{connection_file}"}, o.Args...),
		DisplayName:     display,
		Language:        "go",
		InterruptMode:   "message",
		ProtocolVersion: jupyter.Version,
		Env:             map[string]any{},
		Metadata:        map[string]any{mark: map[string]string{"version": o.Version}, "debugger": false},
	}, "", " ")
	if err != nil {
		return err
	}
	files := map[string][]byte{specFile: append(raw, '\n'), "logo-svg.svg": logoSVG}
	for _, size := range []int{32, 64} {
		files[fmt.Sprintf("logo-%dx%d.png", size, size)] = logoPNG(size)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(tmp, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// executable is the absolute path of the program that is to run as the kernel.
func executable(path string) (string, error) {
	if path == "" {
		return os.Executable()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if info.IsDir() {
		return "", fmt.Errorf("%s is a folder, not a program", path)
	}
	return path, nil
}

// buildFolders are where `go run` puts programs: a temporary folder that it removes, or the build cache.
var buildFolders = regexp.MustCompile(`/go-build\d*/`)

// passing reports whether a program lies where it will not stay.
func passing(program string) bool { return buildFolders.MatchString(filepath.ToSlash(program)) }

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// checkOurs returns nil if dir is a kernelspec that this package has written.
func checkOurs(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, specFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err == nil {
			return fmt.Errorf("%s is in the way: %w", dir, ErrForeign)
		}
		return err
	} else if err != nil {
		return err
	}
	var k kernelJSON
	if err := json.Unmarshal(bytes.TrimSpace(raw), &k); err != nil || k.Metadata[mark] == nil {
		return fmt.Errorf("%s is %w", dir, ErrForeign)
	}
	return nil
}

// Uninstall removes the kernelspec and returns the folder that it was.
func Uninstall(name string, w Where) (dir string, err error) {
	if name, err = checkName(name); err != nil {
		return "", err
	}
	parent, err := w.kernels()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(parent, name)
	if err := checkOurs(dir); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no kernel %q in %s; `jupyter kernelspec list` says where kernels are", name, parent)
	} else if err != nil {
		return "", fmt.Errorf("%w; it stays", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("cannot remove the kernel: %w", err)
	}
	return dir, nil
}

// Installed is one of our kernelspecs on this machine.
type Installed struct {
	Name, DisplayName, Dir string
	// Executable is the program it starts, and Missing why that cannot be started; nil if it can.
	Executable string
	Missing    error
	// Version is that of the program which has installed it.
	Version string
}

// Find lists our kernelspecs in all places where Jupyter looks.
func Find() []Installed {
	var found []Installed
	for _, parent := range searchPath() {
		specs, _ := filepath.Glob(filepath.Join(parent, "*", specFile))
		for _, file := range specs {
			dir := filepath.Dir(file)
			if checkOurs(dir) != nil || slices.ContainsFunc(found, func(i Installed) bool { return i.Dir == dir }) {
				continue
			}
			found = append(found, describe(dir))
		}
	}
	return found
}

func describe(dir string) Installed {
	i := Installed{Name: filepath.Base(dir), Dir: dir}
	raw, err := os.ReadFile(filepath.Join(dir, specFile))
	var k kernelJSON
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil || len(k.Argv) == 0 {
		i.Missing = errors.Join(errors.New("its kernel.json starts nothing"), err)
		return i
	}
	i.DisplayName, i.Executable = k.DisplayName, k.Argv[0]
	if ours, ok := k.Metadata[mark].(map[string]any); ok {
		i.Version, _ = ours["version"].(string)
	}
	info, err := os.Stat(i.Executable)
	switch {
	case err != nil:
		i.Missing = err
	case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
		i.Missing = fmt.Errorf("%s may not be executed", i.Executable)
	}
	return i
}
