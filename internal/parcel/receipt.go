package parcel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Receipt says what was put somewhere.
type Receipt struct {
	ID      string
	To      string
	Entries []Entry
}

// Entry is a file, a folder or a link of an archive.
type Entry struct {
	Name string
	Mode fs.FileMode
	Size int64  `json:",omitempty"`
	Time int64  `json:",omitempty"`
	Link string `json:",omitempty"`
}

// inside is the name inside of what is put.
func (e Entry) inside() string {
	if e.Name == root {
		return "."
	}
	return strings.TrimPrefix(e.Name, root+"/")
}

// Sum is how much it is.
func (r Receipt) Sum() (s Sum) {
	for _, e := range r.Entries {
		if e.Mode.IsRegular() {
			s.Files++
			s.Bytes += e.Size
		}
	}
	return s
}

// stands reports whether all of it is there as it was put.
func (r Receipt) stands() bool {
	for _, e := range r.Entries {
		at := filepath.Join(r.To, filepath.FromSlash(e.inside()))
		info, err := os.Lstat(at)
		if err == nil && e.Name == root && e.Mode.IsDir() {
			info, err = os.Stat(at)
		}
		if err != nil || info.Mode().Type() != e.Mode.Type() {
			return false
		}
		switch {
		case e.Mode.IsRegular():
			if info.Size() != e.Size || info.ModTime().Unix() != e.Time || info.Mode().Perm() != e.Mode.Perm() {
				return false
			}
		case e.Mode&fs.ModeSymlink != 0:
			if link, err := os.Readlink(at); err != nil || link != e.Link {
				return false
			}
		}
	}
	return true
}

// Place is where something is put on this machine, of which one process at a time takes care.
type Place struct {
	to   string
	file string // the receipt's
	lock *os.File
}

// lockStep is how often it is looked whether another process is done.
const lockStep = 50 * time.Millisecond

// Open takes care of a place, once no other process does. Where nothing can be noted, nobody knows of others, and nothing is found again.
func Open(ctx context.Context, to string) (*Place, error) {
	p := &Place{to: to}
	dir, err := folder()
	if err != nil {
		return p, nil
	}
	sum := sha256.Sum256([]byte(to))
	p.file = filepath.Join(dir, hex.EncodeToString(sum[:12])+".json")
	for {
		f, err := lock(strings.TrimSuffix(p.file, ".json") + ".lock")
		if !errors.Is(err, errLocked) {
			p.lock = f // nil where the file system has no locks
			return p, nil
		}
		select {
		case <-time.After(lockStep):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Close lets others take care of it.
func (p *Place) Close() {
	if p.lock != nil {
		_ = p.lock.Close()
	}
}

// folder is where receipts are.
func folder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "gocluster", "put")
	return dir, os.MkdirAll(dir, 0o700)
}

// Holds reports whether a parcel is there, as it was put.
func (p *Place) Holds(id proto.Hash) (Receipt, bool) {
	text, err := os.ReadFile(p.file)
	var r Receipt
	if err != nil || json.Unmarshal(text, &r) != nil {
		return r, false
	}
	return r, r.ID == hex.EncodeToString(id[:]) && r.To == p.to && r.stands()
}

// Note notes that a parcel is there. Without a note it is brought again, and nothing worse.
func (p *Place) Note(id proto.Hash, r Receipt) {
	r.ID = hex.EncodeToString(id[:])
	text, err := json.Marshal(r)
	if err != nil || p.file == "" {
		return
	}
	fresh := p.file + ".new"
	if os.WriteFile(fresh, text, 0o600) == nil {
		_ = os.Rename(fresh, p.file)
	}
}
