package spec

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Where says for whom the kernel is installed. The zero Where is the user.
type Where struct {
	// User is the user's own folder.
	User bool
	// SysPrefix is the Python environment that is active, or else that of python3.
	SysPrefix bool
	// Prefix is the environment in this folder.
	Prefix string
}

// kernels is the folder that has the kernelspecs.
func (w Where) kernels() (string, error) {
	n := 0
	for _, set := range []bool{w.User, w.SysPrefix, w.Prefix != ""} {
		if set {
			n++
		}
	}
	if n > 1 {
		return "", errors.New("--user, --sys-prefix and --prefix exclude each other")
	}
	dir, prefix, err := "", w.Prefix, error(nil)
	if w.SysPrefix {
		prefix, err = sysPrefix()
	}
	if prefix != "" {
		dir, err = filepath.Abs(filepath.Join(prefix, "share", "jupyter"))
	} else if err == nil {
		dir, err = userDataDir(runtime.GOOS, os.Getenv, os.UserHomeDir)
	}
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "kernels"), nil
}

// userDataDir is where Jupyter looks for a user's own things.
func userDataDir(goos string, getenv func(string) string, home func() (string, error)) (string, error) {
	if dir := getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	if goos == "windows" {
		base := getenv("APPDATA")
		if platformDirs(getenv) {
			base = getenv("LOCALAPPDATA")
		}
		if base == "" {
			return "", errors.New("neither JUPYTER_DATA_DIR nor APPDATA is set: say where to install with --prefix")
		}
		return filepath.Join(base, "jupyter"), nil
	}
	h, err := home()
	if err != nil {
		return "", fmt.Errorf("say where to install with --prefix, or set JUPYTER_DATA_DIR: %w", err)
	}
	switch {
	case goos == "darwin" && platformDirs(getenv):
		return filepath.Join(h, "Library", "Application Support", "jupyter"), nil
	case goos == "darwin":
		return filepath.Join(h, "Library", "Jupyter"), nil
	case getenv("XDG_DATA_HOME") != "":
		return filepath.Join(getenv("XDG_DATA_HOME"), "jupyter"), nil
	}
	return filepath.Join(h, ".local", "share", "jupyter"), nil
}

// platformDirs reports whether Jupyter has been told to use the system's own conventions.
func platformDirs(getenv func(string) string) bool {
	v := strings.ToLower(getenv("JUPYTER_PLATFORM_DIRS"))
	return v != "" && v != "0" && v != "no" && v != "n" && v != "off" && v != "false"
}

// sysPrefix is the folder of the Python environment in use.
func sysPrefix() (string, error) {
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if dir := os.Getenv(name); dir != "" {
			return dir, nil
		}
	}
	for _, python := range []string{"python3", "python"} {
		out, err := exec.Command(python, "-c", "import sys; print(sys.prefix)").Output()
		if err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return "", errors.New("no Python environment is active and there is no python3: activate one, or use --prefix or --user")
}

// searchPath is where Jupyter looks for kernelspecs, first to last.
func searchPath() []string {
	dirs := filepath.SplitList(os.Getenv("JUPYTER_PATH"))
	if dir, err := userDataDir(runtime.GOOS, os.Getenv, os.UserHomeDir); err == nil {
		dirs = append(dirs, dir)
	}
	if dir, err := sysPrefix(); err == nil {
		dirs = append(dirs, filepath.Join(dir, "share", "jupyter"))
	}
	if runtime.GOOS == "windows" {
		dirs = append(dirs, filepath.Join(os.Getenv("PROGRAMDATA"), "jupyter"))
	} else {
		dirs = append(dirs, "/usr/local/share/jupyter", "/usr/share/jupyter")
	}
	for i := range dirs {
		dirs[i] = filepath.Join(dirs[i], "kernels")
	}
	return dirs
}
