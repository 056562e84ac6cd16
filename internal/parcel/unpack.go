package parcel

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// staging begins the names of folders that archives are unpacked in.
const staging = ".put-"

// leftFor is how long what a process that was killed has left is left alone.
const leftFor = 24 * time.Hour

// Unpack puts the file or folder of an archive in its place, which is to be absolute. A file takes the place of one that is there all at once; a
// folder is added to one that is there, file by file. Where there is an error, nothing has changed.
func Unpack(r io.Reader, to string) (Receipt, error) {
	u, err := newUnpacking(to)
	if err != nil {
		return Receipt{}, err
	}
	defer u.close()
	if err = u.read(tar.NewReader(r)); err == nil {
		err = u.install()
	}
	return Receipt{To: to, Entries: u.entries}, err
}

// unpacking is an archive on its way.
type unpacking struct {
	to      string
	base    string   // the folder in which all happens, whose file system is that of to
	root    *os.Root // of it
	stage   string   // the folder in base that is unpacked in
	inside  bool     // base is to itself
	entries []Entry
}

func newUnpacking(to string) (*unpacking, error) {
	u := &unpacking{to: to, base: filepath.Dir(to)}
	if info, err := os.Stat(to); err == nil && info.IsDir() {
		u.base, u.inside = to, true
	} else if err := os.MkdirAll(u.base, 0o777); err != nil { // less what the user's mask takes away
		return nil, err
	}
	sweep(u.base)
	dir, err := os.MkdirTemp(u.base, staging)
	if err != nil {
		return nil, err
	}
	u.stage = filepath.Base(dir)
	u.root, err = os.OpenRoot(u.base)
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	return u, nil
}

// sweep removes what processes have left that were killed.
func sweep(dir string) {
	entries, _ := filepath.Glob(filepath.Join(dir, staging+"*"))
	for _, e := range entries {
		if info, err := os.Lstat(e); err == nil && info.IsDir() && time.Since(info.ModTime()) > leftFor {
			_ = os.RemoveAll(e)
		}
	}
}

func (u *unpacking) close() {
	_ = u.root.RemoveAll(u.stage) // what is left of it
	_ = u.root.Close()
}

// at is where something of the archive is as long as it is not in its place.
func (u *unpacking) at(name string) string { return path.Join(u.stage, name) }

// read unpacks the archive.
func (u *unpacking) read(r *tar.Reader) error {
	folders := map[string]bool{".": true} // that the archive has: no name leads through anything else, a link for instance
	for {
		h, err := r.Next()
		if err == io.EOF {
			if len(u.entries) == 0 {
				return fmt.Errorf("%w: it is empty", ErrDamaged)
			}
			return nil
		}
		if err != nil {
			return err
		}
		e := Entry{Name: strings.TrimSuffix(h.Name, "/"), Mode: fs.FileMode(h.Mode).Perm(), Size: h.Size, Time: h.ModTime.Unix(), Link: h.Linkname}
		if !filepath.IsLocal(e.Name) || path.Clean(e.Name) != e.Name || e.Name != root && !strings.HasPrefix(e.Name, root+"/") || !folders[path.Dir(e.Name)] {
			return fmt.Errorf("%w: it has the name %q", ErrDamaged, h.Name)
		}
		switch h.Typeflag {
		case tar.TypeDir:
			e.Mode |= fs.ModeDir
			folders[e.Name] = true
			err = u.root.Mkdir(u.at(e.Name), 0o700)
		case tar.TypeReg:
			err = u.file(e, r)
		case tar.TypeSymlink:
			e.Mode |= fs.ModeSymlink
			err = u.root.Symlink(e.Link, u.at(e.Name))
		default:
			err = fmt.Errorf("%w: %s is of kind %q", ErrDamaged, h.Name, h.Typeflag)
		}
		if err != nil {
			return u.explain(err)
		}
		u.entries = append(u.entries, e)
	}
}

func (u *unpacking) file(e Entry, r io.Reader) error {
	f, err := u.root.OpenFile(u.at(e.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Chmod(e.Mode.Perm()), f.Close()); err != nil {
		return err
	}
	at := time.Unix(e.Time, 0)
	return u.root.Chtimes(u.at(e.Name), at, at)
}

// explain says where there is no room, in the place of a name that nobody knows.
func (u *unpacking) explain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && noSpace(p.Err) {
		return fmt.Errorf("%w in %s", p.Err, u.base)
	}
	return err
}

// install moves everything into its place.
func (u *unpacking) install() error {
	dir := u.entries[0].Mode.IsDir()
	name := filepath.Base(u.to)
	there, err := os.Stat(u.to)
	switch {
	case err == nil && there.IsDir() && !dir:
		return fmt.Errorf("%s is a folder: end it with a slash to put a file into it", u.to)
	case err == nil && !there.IsDir() && dir:
		return fmt.Errorf("%s is a file, and a folder cannot take its place: remove it, or give another place", u.to)
	case u.inside:
		return u.merge()
	}
	for _, e := range slices.Backward(u.entries[1:]) {
		if e.Mode.IsDir() {
			if err := u.root.Chmod(u.at(e.Name), e.Mode.Perm()); err != nil {
				return err
			}
		}
	}
	if err := u.root.Rename(u.at(root), name); err != nil || !dir {
		return err
	}
	return u.root.Chmod(name, u.entries[0].Mode.Perm()) // now: one that cannot be written to cannot be moved
}

// merge adds the folder to the one that is there, once nothing is known to stand against it.
func (u *unpacking) merge() error {
	for _, e := range u.entries[1:] {
		name := e.inside()
		there, err := u.root.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case there.IsDir() != e.Mode.IsDir():
			return fmt.Errorf("%s is %s, and %s cannot take its place: remove it, or give another place",
				filepath.Join(u.to, filepath.FromSlash(name)), kind(there.Mode()), kind(e.Mode))
		}
	}
	for _, e := range u.entries[1:] {
		name := e.inside()
		if !e.Mode.IsDir() {
			if err := u.root.Rename(u.at(e.Name), name); err != nil {
				return err
			}
			continue
		}
		if err := u.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for _, e := range slices.Backward(u.entries) {
		if e.Mode.IsDir() && e.Name != root {
			if err := u.root.Chmod(e.inside(), e.Mode.Perm()); err != nil {
				return err
			}
		}
	}
	return nil
}

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a link"
	}
	return "a file"
}
