package native

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/modfile"
	xmodule "golang.org/x/mod/module"
)

// baseDir is the directory of a module in which this executable's packages are what they are in the executable: this module, if
// it was built there, else one made up that asks for the same versions.
func (k *Kit) baseDir() (string, error) {
	main := k.exe.info.Main.Path
	if k.src.version == "" && (main == module || main == "" || k.exe.version() == "") {
		return k.src.dir, nil
	}
	own, err := k.room.private()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(own, "base")
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	text, err := k.baseMod()
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile(filepath.Join(k.src.dir, "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	for _, d := range k.exe.info.Deps {
		if d.Sum != "" {
			sums = fmt.Appendf(sums, "%s %s %s\n", d.Path, d.Version, d.Sum)
		}
	}
	err = os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600)
	return dir, errors.Join(err, os.WriteFile(filepath.Join(dir, "go.mod"), text, 0o600))
}

// baseMod is a go.mod that asks for what the executable consists of.
func (k *Kit) baseMod() ([]byte, error) {
	f := new(modfile.File)
	err := errors.Join(f.AddModuleStmt("gocluster.base"), f.AddGoStmt(goVersion()))
	for _, d := range k.exe.info.Deps {
		version := d.Version
		if xmodule.Check(d.Path, version) != nil {
			version = "v0.0.0"
		}
		err = errors.Join(err, f.AddRequire(d.Path, version))
		if r := d.Replace; r != nil && d.Path != module {
			err = errors.Join(err, f.AddReplace(d.Path, d.Version, r.Path, r.Version))
		}
	}
	if k.src.version != "" {
		err = errors.Join(err, f.AddRequire(module, k.src.version))
	} else {
		err = errors.Join(err, f.AddReplace(module, "", k.src.dir, ""))
	}
	if err != nil {
		return nil, fmt.Errorf("describing what this executable consists of: %w", err)
	}
	f.Cleanup()
	return f.Format()
}

// goVersion is the toolchain's version as go.mod writes it.
func goVersion() string {
	return strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go")
}
