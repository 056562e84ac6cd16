package launch

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// pack writes an archive of a file or folder, which is called name in it.
func (c *Copied) pack(to io.Writer, from, name string) error {
	w := tar.NewWriter(to)
	err := filepath.WalkDir(from, func(at string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, at)
		if err != nil {
			return err
		}
		return c.add(w, at, path.Join(name, filepath.ToSlash(rel)), at == from)
	})
	return errors.Join(err, w.Close())
}

// add adds one file. The first may be a link to what is meant; others stay links.
func (c *Copied) add(w *tar.Writer, at, name string, first bool) error {
	stat := os.Lstat
	if first {
		stat = os.Stat
	}
	info, err := stat(at)
	if err != nil {
		return err
	}
	link := ""
	switch info.Mode().Type() {
	case 0, fs.ModeDir:
	case fs.ModeSymlink:
		if link, err = os.Readlink(at); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%s is neither a file nor a folder nor a link: it cannot be copied", at)
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name, h.Uname, h.Gname = name, "", ""
	if info.IsDir() {
		h.Name += "/"
	}
	if err := w.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(at)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(w, f)
	c.Files++
	c.Bytes += n
	if errors.Is(err, tar.ErrWriteTooLong) {
		return fmt.Errorf("%s has grown while it was copied", at)
	}
	return err
}

// collides reports whether the copy on this machine would be the original; it is an error if it would be a part of it.
func (cfg PutConfig) collides(info fs.FileInfo, to string) (bool, error) {
	at := to
	if !path.IsAbs(to) {
		at = filepath.Join(atHome(""), filepath.FromSlash(to))
	}
	if there, err := os.Stat(at); err == nil && os.SameFile(there, info) {
		return true, nil
	}
	if rel, err := filepath.Rel(cfg.From, at); info.IsDir() && err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return false, fmt.Errorf("%s is inside of %s: give another place", at, cfg.From)
	}
	return false, nil
}
