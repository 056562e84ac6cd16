package parcel

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Target is where something called name goes by what the user has said, with slashes and relative to the home directory: to itself, or with a
// slash at its end, or if it is empty, into it.
func Target(to, name string) string {
	to = filepath.ToSlash(to)
	if to == "~" || to == "." {
		to = ""
	}
	to = strings.TrimPrefix(to, "~/")
	if to == "" || strings.HasSuffix(to, "/") {
		to = path.Join(to, name)
	}
	return path.Clean(to)
}

// Here is a target on this machine.
func Here(target string) (string, error) {
	at := filepath.FromSlash(target)
	if filepath.IsAbs(at) {
		return at, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, at), err
}

// Within reports whether a path is a folder's, or leads into it.
func Within(dir, at string) bool {
	rel, err := filepath.Rel(dir, at)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Origin tells a file or a folder from others, also to machines that share its file system.
type Origin struct {
	Path  string
	Inode uint64
	Time  int64
}

// OriginOf is a file's.
func OriginOf(at string, info fs.FileInfo) Origin {
	return Origin{Path: at, Inode: inode(info), Time: info.ModTime().UnixNano()}
}

// Seen returns what this machine has in the place, if that is the very same.
func (o Origin) Seen() (fs.FileInfo, bool) {
	if o.Inode == 0 {
		return nil, false
	}
	info, err := os.Stat(o.Path)
	return info, err == nil && OriginOf(o.Path, info) == o
}
