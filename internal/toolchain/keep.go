package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Digest is a name for content.
func Digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s\n", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// There reports whether a file of the go command's cache is still there: the go command removes what it has not used for days. It marks the file
// as used, as the go command would.
func There(archive string) bool {
	st, err := os.Stat(archive)
	if err != nil {
		return false
	}
	if now := time.Now(); now.Sub(st.ModTime()) > 24*time.Hour {
		_ = os.Chtimes(archive, now, now) // at worst it is compiled again
	}
	return true
}

// Used notes that a kept file is used, for Trim.
func Used(file string) {
	now := time.Now()
	_ = os.Chtimes(file, now, now) // it is only the order in which files are removed
}

// Trim removes the least recently used files below a directory until what is left is within the limit. Files that end in beside, if that is
// not empty, go with those that they are named after.
func Trim(dir string, limit int64, beside string) error {
	type kept struct {
		name string
		size int64
		used time.Time
	}
	var files []kept
	total := int64(0)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || beside != "" && strings.HasSuffix(name, beside) {
			return nil // what cannot be read is not counted
		}
		if info, err := d.Info(); err == nil {
			files = append(files, kept{name, info.Size(), info.ModTime()})
			total += info.Size()
		}
		return nil
	})
	slices.SortFunc(files, func(a, b kept) int { return a.used.Compare(b.used) })
	for _, f := range files {
		if total <= limit {
			break
		}
		err = errors.Join(err, os.Remove(f.name))
		if beside != "" {
			_ = os.Remove(f.name + beside) // without the file it means nothing
		}
		total -= f.size
	}
	return err
}
