package toolchain

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Go looks for the go command on the PATH that commands with this environment get, then in its GOROOT.
func Go(env []string) (string, error) {
	exe := "go"
	if runtime.GOOS == "windows" {
		exe = "go.exe"
	}
	dirs := filepath.SplitList(Lookup(env, "PATH"))
	if root := Lookup(env, "GOROOT"); root != "" {
		dirs = append(dirs, filepath.Join(root, "bin"))
	}
	for _, dir := range dirs {
		if p, err := exec.LookPath(filepath.Join(dir, exe)); err == nil && filepath.IsAbs(p) {
			return p, nil
		}
	}
	return "", exec.ErrNotFound
}

// Lookup returns the last value of a variable.
func Lookup(env []string, name string) string {
	for _, kv := range slices.Backward(env) {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// Language is the version of the language that code is in: that of the toolchain which has built this executable.
func Language() string {
	v := strings.SplitN(strings.SplitN(runtime.Version(), "-", 2)[0], ".", 3)
	if len(v) < 2 {
		return runtime.Version()
	}
	return v[0] + "." + strings.TrimRight(strings.SplitN(v[1], "rc", 2)[0], "abcdefghijklmnopqrstuvwxyz")
}
