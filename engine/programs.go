package engine

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// programs are the compiled units of a machine, as files that are named by their hashes. A file is used when its content has been found to
// be what its name says; the least recently used ones go when there is no room.
type programs struct {
	dir   string // "" where there is no place for them
	limit int64

	mu   sync.Mutex
	good map[proto.Hash]bool   // checked by this process
	bad  map[proto.Hash]string // cannot be run here, and why
}

// programBytes is how many bytes of programs a machine keeps.
const programBytes = 512 << 20

func newPrograms(dir string) *programs {
	p := &programs{dir: dir, limit: programBytes, good: map[proto.Hash]bool{}, bad: map[proto.Hash]string{}}
	if dir == "" {
		if cache, err := os.UserCacheDir(); err == nil {
			p.dir = filepath.Join(cache, "gocluster", "programs")
		}
	}
	return p
}

func (p *programs) file(h proto.Hash) string { return filepath.Join(p.dir, hex.EncodeToString(h[:])) }

// has reports whether a program's file is there, checked or not.
func (p *programs) has(h proto.Hash) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.good[h] {
		return true
	}
	_, err := os.Stat(p.file(h))
	return p.dir != "" && err == nil
}

// refused says why a program cannot be run here, "" if nothing is known against it.
func (p *programs) refused(h proto.Hash) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bad[h]
}

func (p *programs) refuse(h proto.Hash, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bad[h] = why
}

// errWrongHash is a program whose bytes are not what its name says.
var errWrongHash = errors.New("the program is not what its hash says: it is not run")

// ready returns the file of a program, which is written if it is not there yet.
func (p *programs) ready(h proto.Hash, bytes func() ([]byte, error)) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir == "" {
		return "", errors.New("there is no cache directory for programs")
	}
	name := p.file(h)
	if p.good[h] {
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
	}
	err := check(name, h)
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(name, now, now) // it is only the order in which files are removed
		p.good[h] = true
		return name, nil
	}
	data, lost := bytes()
	if data == nil {
		_ = os.Remove(name) // the next task brings it
		return "", fmt.Errorf("the program's file cannot be used: %w", errors.Join(err, lost))
	}
	if proto.HashOf(data) != h {
		return "", errWrongHash
	}
	if err := p.write(name, data); err != nil {
		return "", err
	}
	p.good[h] = true
	p.trim(name)
	return name, nil
}

// check reads a file and compares it with its hash.
func check(name string, h proto.Hash) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if proto.HashOf(data) != h {
		return errWrongHash
	}
	return nil
}

func (p *programs) write(name string, data []byte) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(p.dir, "new-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o700), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// trim removes the least recently used programs, but for one.
func (p *programs) trim(but string) {
	type kept struct {
		name string
		size int64
		used time.Time
	}
	var files []kept
	total := int64(0)
	entries, _ := os.ReadDir(p.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		name := filepath.Join(p.dir, e.Name())
		if strings.HasPrefix(e.Name(), "new-") && time.Since(info.ModTime()) < time.Hour {
			continue
		}
		files = append(files, kept{name, info.Size(), info.ModTime()})
		total += info.Size()
	}
	slices.SortFunc(files, func(a, b kept) int { return a.used.Compare(b.used) })
	for _, f := range files {
		if total <= p.limit {
			return
		}
		if f.name != but && os.Remove(f.name) == nil {
			total -= f.size
		}
	}
}
