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
	"time"
)

// Sum is how much was packed.
type Sum struct {
	Files int
	Bytes int64
}

// Pack writes an archive of a file or a folder, which is called name in it. The same contents make the same archive.
func Pack(to io.Writer, from, name string) (Sum, error) {
	var s Sum
	w := tar.NewWriter(to)
	err := filepath.WalkDir(from, func(at string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, at)
		if err != nil {
			return err
		}
		return s.add(w, at, path.Join(name, filepath.ToSlash(rel)), at == from)
	})
	return s, errors.Join(err, w.Close())
}

// add adds one file. The first may be a link to what is meant; others stay links.
func (s *Sum) add(w *tar.Writer, at, name string, first bool) error {
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
	h.Name, h.Uid, h.Gid, h.Uname, h.Gname = name, 0, 0, "", ""
	h.ModTime, h.AccessTime, h.ChangeTime = h.ModTime.Truncate(time.Second), time.Time{}, time.Time{}
	if info.IsDir() {
		h.Name += "/"
		h.ModTime = time.Unix(0, 0) // it changes with every file
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
	s.Files++
	s.Bytes += n
	if errors.Is(err, tar.ErrWriteTooLong) {
		return fmt.Errorf("%s has grown while it was copied", at)
	}
	if err == nil && n < h.Size {
		return fmt.Errorf("%s has become shorter while it was copied", at)
	}
	return err
}
