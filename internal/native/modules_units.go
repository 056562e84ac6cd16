package native

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"

	units "github.com/gocluster/gocluster/internal/unit"
)

// Modules returns the session's workspace as it is now, for programs that are made of the session's functions. It is a copy in which
// modules keep the versions that cells have them in, whatever the session asks for later.
func (k *Kit) Modules() (*units.Modules, error) {
	k.listing.Lock()
	defer k.listing.Unlock()
	return k.mod.copy()
}

// copy copies what the workspace says into a directory that is named by it.
func (w *workspace) copy() (*units.Modules, error) {
	now, err := w.command()
	if err != nil {
		return nil, err
	}
	own, err := w.k.room.private()
	if err != nil {
		return nil, err
	}
	var texts []string
	files := map[string]string{"session/go.mod": filepath.Join(w.dir, "go.mod"), "session/go.sum": filepath.Join(w.dir, "go.sum"),
		"go.work": filepath.Join(own, "go.work"), "go.work.sum": filepath.Join(own, "go.work.sum")}
	if len(now.args) > 0 {
		files["overlay.json"] = filepath.Join(own, "overlay.json")
	}
	content := map[string][]byte{}
	for name, from := range files {
		data, err := os.ReadFile(from)
		if ignoreMissing(err) != nil {
			return nil, err
		}
		if err == nil {
			content[name] = data
		}
		texts = append(texts, name, string(data))
	}
	slices.Sort(texts)
	dir := filepath.Join(own, "modules", digest(append(texts, now.env...)...))
	if content["go.work"], err = w.moved(content["go.work"], filepath.Join(dir, sessionModule)); err != nil {
		return nil, err
	}
	m := &units.Modules{Dir: filepath.Join(dir, sessionModule), Env: slices.Clone(now.env)}
	if _, ok := content["overlay.json"]; ok {
		m.Flags = []string{"-overlay=" + filepath.Join(dir, "overlay.json")}
	}
	m.Env = append(m.Env, "GOWORK="+filepath.Join(dir, "go.work"))
	if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
		return m, nil
	}
	err = os.MkdirAll(m.Dir, 0o700)
	for name, data := range content {
		err = errors.Join(err, replaceFile(filepath.Join(dir, filepath.FromSlash(name)), data))
	}
	return m, err
}

// moved is a go.work in which the session's module is in another directory.
func (w *workspace) moved(work []byte, to string) ([]byte, error) {
	f, err := modfile.ParseWork("go.work", work, nil)
	if err != nil {
		return nil, err
	}
	err = errors.Join(f.DropUse(w.dir), f.AddUse(to, ""))
	f.Cleanup()
	return modfile.Format(f.Syntax), err
}
