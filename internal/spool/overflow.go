package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// ErrFull is wrapped by the error of a value for which there is no room on the disk.
var ErrFull = errors.New("there is no room on the disk")

// Overflow is room on a disk for a process's values that have none in memory: files in a directory that is made when the first comes, and goes
// with the process. A nil one has no room.
type Overflow struct {
	root  string
	limit int64

	mu     sync.Mutex
	dir    *Dir
	sizes  map[string]int64 // by path
	used   int64
	closed bool
}

// NewOverflow returns room for so many bytes below a folder. What processes have left there that are gone is removed.
func NewOverflow(root string, limit int64) *Overflow {
	sweep(root)
	return &Overflow{root: root, limit: limit, sizes: map[string]int64{}}
}

// Write keeps a value, and returns the path of its file.
func (o *Overflow) Write(data []byte) (path string, err error) {
	return o.keep(int64(len(data)), func(d *Dir) (string, error) {
		name, err := d.Write(data)
		return d.PathOf(name), err
	})
}

// Copy keeps the contents of a file.
func (o *Overflow) Copy(from string) (path string, err error) {
	f, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	return o.keep(info.Size(), func(d *Dir) (string, error) {
		path, err := d.Reserve()
		if err != nil {
			return "", err
		}
		to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(to, f)
		if err = errors.Join(err, to.Close()); err != nil {
			return "", errors.Join(err, os.Remove(path))
		}
		return path, nil
	})
}

func (o *Overflow) keep(size int64, write func(*Dir) (string, error)) (path string, err error) {
	if o == nil {
		return "", fmt.Errorf("%w: there is no folder for values", ErrFull)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return "", os.ErrClosed
	case o.used+size > o.limit:
		return "", fmt.Errorf("%w for %d MB: %d of the %d MB that values may take in %s are in use", ErrFull, size>>20, o.used>>20, o.limit>>20, o.root)
	}
	if o.dir == nil {
		if err := os.MkdirAll(o.root, 0o700); err != nil {
			return "", fmt.Errorf("a folder for values: %w", err)
		}
		if o.dir, err = Make(o.root); err != nil {
			return "", err
		}
	}
	if path, err = write(o.dir); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			err = fmt.Errorf("%w of %s for %d MB: %w", ErrFull, o.root, size>>20, err)
		}
		return "", err
	}
	o.sizes[path] = size
	o.used += size
	return path, nil
}

// Remove removes a file. One that cannot be removed goes with the directory.
func (o *Overflow) Remove(path string) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if size, ok := o.sizes[path]; ok {
		o.used -= size
		delete(o.sizes, path)
		_ = os.Remove(path)
	}
}

// Used returns the bytes that are in use.
func (o *Overflow) Used() int64 {
	if o == nil {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.used
}

// Close removes everything.
func (o *Overflow) Close() error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	err := o.dir.Close()
	if o.dir != nil {
		_ = os.Remove(o.root) // unless others are there
	}
	return err
}

// Folder is where processes of this machine keep what overflows, below a folder that machines may share.
func Folder(parent string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return filepath.Join(parent, "spill", filepath.Base(host))
}
