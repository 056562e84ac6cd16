package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// DirEnv is the environment variable that names the folder of all that gocluster keeps.
const DirEnv = "GOCLUSTER_DIR"

// DefaultName is the profile used where none is named. It is created when it is first opened.
const DefaultName = "default"

const configName = "gocluster.toml"

// Dir returns the folder of all that gocluster keeps: $GOCLUSTER_DIR, or gocluster in the user's configuration directory. It
// need not exist yet.
func Dir() (string, error) {
	if dir := os.Getenv(DirEnv); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("there is no configuration directory: %w; set %s to a folder for gocluster's files", err, DirEnv)
	}
	return filepath.Join(dir, "gocluster"), nil
}

// Profile is a named cluster configuration: a folder and what its configuration file says.
type Profile struct {
	Name     string
	Dir      string
	Settings Settings
}

// ConfigFile is the profile's configuration file.
func (p *Profile) ConfigFile() string { return filepath.Join(p.Dir, configName) }

// SecurityDir is where the connection files are while a controller runs.
func (p *Profile) SecurityDir() string { return filepath.Join(p.Dir, "security") }

// LogDir is where the profile's processes log.
func (p *Profile) LogDir() string { return filepath.Join(p.Dir, "log") }

// PIDDir is where it is noted which processes there are.
func (p *Profile) PIDDir() string { return filepath.Join(p.Dir, "pid") }

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// folder returns the folder of a profile, which need not exist.
func folder(name string) (string, error) {
	if !nameForm.MatchString(name) {
		return "", fmt.Errorf("%q cannot name a profile: use letters, digits, '-', '_' and '.', at most 64, a letter or digit first", name)
	}
	root, err := Dir()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "profiles", name), nil
}

// Create makes a new profile with the default settings.
func Create(name string) (*Profile, error) {
	dir, err := folder(name)
	if err != nil {
		return nil, err
	}
	if exists(dir) {
		return nil, fmt.Errorf("profile %s exists already: its settings are in %s", name, filepath.Join(dir, configName))
	}
	if err := create(name, dir); err != nil {
		return nil, err
	}
	return load(name, dir)
}

// Open returns a profile; the empty name is the default profile's, which is created on demand.
func Open(name string) (*Profile, error) {
	if name == "" {
		name = DefaultName
	}
	dir, err := folder(name)
	if err != nil {
		return nil, err
	}
	if !exists(dir) {
		if name != DefaultName {
			return nil, unknownProfile(name, dir)
		}
		// Another process may be creating it at the same time; one of them is first, and both are content.
		if err := create(name, dir); err != nil && !exists(dir) {
			return nil, err
		}
	}
	return load(name, dir)
}

// At opens the profile in a folder of its own, wherever that is, and creates it if there is none.
func At(dir string) (*Profile, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(dir)
	if !exists(dir) {
		if err := fill(name, dir); err != nil {
			return nil, unwritable(dir, err)
		}
	}
	return load(name, dir)
}

// List returns the names of the profiles there are.
func List() ([]string, error) {
	root, err := Dir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, "profiles")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing the profiles: %w", err)
	}
	var names []string
	for _, e := range entries {
		if nameForm.MatchString(e.Name()) && exists(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// exists reports whether a folder is a profile's.
func exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, configName))
	return err == nil
}

func unknownProfile(name, dir string) error {
	hint := ""
	if names, err := List(); err == nil {
		if near, ok := Closest(name, names); ok {
			hint = fmt.Sprintf("did you mean %s? ", near)
		}
	}
	return fmt.Errorf("there is no profile %s (looked in %s): %screate it with `gocluster profile create %s`", name, filepath.Dir(dir), hint, name)
}

// create makes a profile's folder appear all at once, so that nobody sees half a profile.
func create(name, dir string) error {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return unwritable(parent, err)
	}
	temp, err := os.MkdirTemp(parent, ".new-*")
	if err != nil {
		return unwritable(parent, err)
	}
	defer os.RemoveAll(temp)
	if err := fill(name, temp); err != nil {
		return unwritable(parent, err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("creating profile %s: %w", name, err)
	}
	return nil
}

// fill makes what a profile's folder holds.
func fill(name, dir string) error {
	if err := makeFolders(dir); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, configName), []byte(strings.ReplaceAll(template, "{name}", name)), 0o600)
}

func makeFolders(dir string) error {
	for _, sub := range []string{"security", "log", "pid"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	return nil
}

func load(name, dir string) (*Profile, error) {
	p := &Profile{Name: name, Dir: dir}
	text, err := os.ReadFile(p.ConfigFile())
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", name, err)
	}
	if p.Settings, err = ParseSettings(p.ConfigFile(), text); err != nil {
		return nil, err
	}
	// The folders of a profile that was copied or kept in a repository may be missing: empty ones are easily lost.
	if err := makeFolders(dir); err != nil {
		return nil, unwritable(dir, err)
	}
	return p, nil
}

func unwritable(dir string, err error) error {
	return fmt.Errorf("cannot write in %s: %w; set %s to a folder that you can write in", dir, err, DirEnv)
}
