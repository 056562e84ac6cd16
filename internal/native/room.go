package native

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	kept "github.com/gocluster/gocluster/internal/toolchain"
)

// room is what a kit has on disk. Under the cache directory, shared by all processes of a user:
//
//	kept/KEY.json   where compiled packages are
//	so/KK/KEY.so    compiled cells, by content; the least recently used go first
//	run/ID/         one per kit, while its process lives: links to the cells in use, so that nobody's cleaning takes them away
type room struct {
	dir   string
	limit int64
	log   *slog.Logger

	mu    sync.Mutex
	own   string // run/ID
	lock  *os.File
	links []string // the kit's own links to cells, the last used last
}

// maxLinks is how many cells a kit keeps by links of its own. What is open stays open without one, so this bounds how much of the
// disk a long session takes, and how many cells may be built before the first of them is opened.
const maxLinks = 256

func newRoom(dir string, limit int64, log *slog.Logger) *room {
	return &room{dir: dir, limit: limit, log: log}
}

const lockName = "lock"

// private returns the kit's own directory.
func (r *room) private() (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own != "" {
		return r.own, nil
	}
	run := filepath.Join(r.dir, "run")
	for _, dir := range []string{run, filepath.Join(r.dir, "kept"), filepath.Join(r.dir, "so")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", &MissingError{What: "the cache directory cannot be used", Why: err.Error(), Remedy: "set XDG_CACHE_HOME to a directory that can be written"}
		}
	}
	r.sweep(run)
	own, err := os.MkdirTemp(run, fmt.Sprintf("%d-", os.Getpid()))
	if err != nil {
		return "", err
	}
	if r.lock, err = tryLock(filepath.Join(own, lockName)); err != nil {
		return "", fmt.Errorf("locking %s: %w", own, err)
	}
	r.own = own
	return own, nil
}

// sweep removes the directories of processes that have ended. One that is quite new may not have its lock yet.
func (r *room) sweep(run string) {
	dirs, err := os.ReadDir(run)
	if err != nil {
		return
	}
	for _, d := range dirs {
		info, err := d.Info()
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		dir := filepath.Join(run, d.Name())
		lock, err := tryLock(filepath.Join(dir, lockName))
		if err != nil || lock == nil {
			continue
		}
		err = errors.Join(os.RemoveAll(dir), lock.Close())
		if err != nil {
			r.log.Debug("removing what an ended process left", "dir", dir, "err", err)
		}
	}
}

func (r *room) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own == "" {
		return nil
	}
	err := errors.Join(os.RemoveAll(r.own), r.lock.Close())
	r.own, r.links = "", nil
	return err
}

// get returns a file of the kit's own with the content that key names, and whether it was there before; else it has it made.
func (r *room) get(key string, make func(dir, file string) error) (file string, hit bool, err error) {
	own, err := r.private()
	if err != nil {
		return "", false, err
	}
	mine := filepath.Join(own, key+".so")
	shared := filepath.Join(r.dir, "so", key[:2], key+".so")
	r.linked(mine)
	if _, err := os.Stat(mine); err == nil {
		return mine, true, nil
	}
	if err := os.Link(shared, mine); err == nil {
		kept.Used(shared)
		return mine, true, nil
	}
	dir, err := os.MkdirTemp(own, "build-")
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	made := filepath.Join(dir, "cell.so")
	if err := make(dir, made); err != nil {
		return "", false, err
	}
	if err := os.Rename(made, mine); err != nil {
		return "", false, err
	}
	r.share(mine, shared)
	return mine, false, nil
}

// linked notes that a link is in use, and removes the one that has not been for longest.
func (r *room) linked(file string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links = slices.DeleteFunc(r.links, func(l string) bool { return l == file })
	r.links = append(r.links, file)
	if len(r.links) <= maxLinks {
		return
	}
	if err := ignoreMissing(os.Remove(r.links[0])); err != nil {
		r.log.Debug("removing a link to a compiled cell", "err", err)
	}
	r.links = slices.Delete(r.links, 0, 1)
}

// share puts a file where other processes find it. Without that the next one only builds it again.
func (r *room) share(mine, shared string) {
	err := os.MkdirAll(filepath.Dir(shared), 0o700)
	if err == nil {
		if err = os.Link(mine, shared); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err != nil {
		r.log.Debug("keeping a compiled cell", "err", err)
	}
}

// trim removes the least recently used cells until what is left is within the limit.
func (r *room) trim() {
	err := kept.Trim(filepath.Join(r.dir, "so"), r.limit, "")
	if err != nil {
		r.log.Debug("removing compiled cells", "err", err)
	}
}

// exclusive runs f while no other process does so under that name. It calls waiting if another one does.
func (r *room) exclusive(ctx context.Context, name string, waiting func(), f func() error) error {
	if _, err := r.private(); err != nil {
		return err
	}
	path := filepath.Join(r.dir, name+".lock")
	for {
		lock, err := tryLock(path)
		if err != nil {
			return fmt.Errorf("locking %s: %w", path, err)
		}
		if lock != nil {
			return errors.Join(f(), lock.Close())
		}
		waiting()
		waiting = func() {}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// read and write keep small files. A file is whole or not there.
func (r *room) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(r.dir, "kept", name))
}

func (r *room) write(name string, data []byte) error {
	own, err := r.private()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(own, "kept-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	r.forgetOld(32)
	return os.Rename(f.Name(), filepath.Join(r.dir, "kept", name))
}

func (r *room) remove(name string) error {
	err := os.Remove(filepath.Join(r.dir, "kept", name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// forgetOld leaves the n newest kept files: each new build of an executable makes one.
func (r *room) forgetOld(n int) {
	type aged struct {
		name string
		time time.Time
	}
	var files []aged
	dir := filepath.Join(r.dir, "kept")
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			files = append(files, aged{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b aged) int { return cmp.Or(b.time.Compare(a.time), cmp.Compare(a.name, b.name)) })
	for _, f := range files[min(n, len(files)):] {
		_ = os.Remove(filepath.Join(dir, f.name)) // the next one tries again
	}
}
