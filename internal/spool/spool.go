package spool

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Min is the number of bytes from which on a value is worth a file.
const Min = 256 << 10

const (
	prefix     = "gocluster-"
	secretFile = "secret"
	secretSize = 16
)

// ErrElsewhere says that a directory is not there, or not the one that was meant: its owner is on another machine.
var ErrElsewhere = errors.New("the spool directory is not on this machine")

// Dir is a directory of files that processes hand each other.
type Dir struct {
	path   string
	secret string
	own    bool

	mu     sync.Mutex
	closed bool
}

// counter numbers this process's files.
var counter atomic.Int64

// Make makes a directory for this process, below root ("" chooses: in memory where the system has files there). Those that processes
// have left behind which are gone are removed.
func Make(root string) (*Dir, error) {
	if root == "" {
		root = home()
	}
	sweep(root)
	path, err := os.MkdirTemp(root, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("making a directory for large values: %w", err)
	}
	var random [secretSize]byte
	_, _ = rand.Read(random[:])
	d := &Dir{path: path, secret: hex.EncodeToString(random[:]), own: true}
	if err := os.WriteFile(filepath.Join(path, secretFile), []byte(d.secret), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return d, nil
}

// home is the directory of directories.
func home() string {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		if f, err := os.CreateTemp(memory, prefix); err == nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			return memory
		}
	}
	return os.TempDir()
}

// sweep removes the directories of this user's processes that are gone.
func sweep(root string) {
	entries, _ := os.ReadDir(root)
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok || !e.IsDir() {
			continue
		}
		pid, _, made := strings.Cut(rest, "-")
		if n, err := strconv.Atoi(pid); made && err == nil && gone(n) {
			_ = os.RemoveAll(filepath.Join(root, e.Name())) // another user's stays
		}
	}
}

// Join returns another process's directory: path and proof are its Path and Proof. The error wraps ErrElsewhere where it is not on
// this machine or not this user's.
func Join(path, proof string) (*Dir, error) {
	if path == "" {
		return nil, ErrElsewhere
	}
	if err := private(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrElsewhere, err)
	}
	secret, err := os.ReadFile(filepath.Join(path, secretFile))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrElsewhere, err)
	}
	d := &Dir{path: path, secret: string(secret)}
	if subtle.ConstantTimeCompare([]byte(d.Proof()), []byte(proof)) != 1 {
		return nil, fmt.Errorf("%w: %s is another one", ErrElsewhere, path)
	}
	return d, nil
}

// At is the directory at a path that its owner has told us by other means.
func At(path string) *Dir { return &Dir{path: path} }

// Path is where the directory is.
func (d *Dir) Path() string { return d.path }

// Proof is what the directory's owner says about it.
func (d *Dir) Proof() string { return d.digest("owner") }

// Answer is what a process says that has joined the directory.
func (d *Dir) Answer() string { return d.digest("joined") }

// Joined reports whether an answer is that of a process which has joined the directory.
func (d *Dir) Joined(answer string) bool {
	return subtle.ConstantTimeCompare([]byte(d.Answer()), []byte(answer)) == 1
}

// Write writes a file of a new name, and returns the name.
func (d *Dir) Write(data []byte) (name string, err error) {
	name, path, err := d.fresh()
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("keeping %d MB for other processes: %w", len(data)>>20, err), os.Remove(path))
	}
	return name, nil
}

// PathOf returns the path of a file that this or another process has written here.
func (d *Dir) PathOf(name string) string { return filepath.Join(d.path, filepath.Base(name)) }

// Reserve returns the path of a file that another process may write here.
func (d *Dir) Reserve() (path string, err error) {
	_, path, err = d.fresh()
	return path, err
}

// fresh returns a new name, and its path.
func (d *Dir) fresh() (name, path string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return "", "", os.ErrClosed
	}
	name = fmt.Sprintf("%d-%d", os.Getpid(), counter.Add(1))
	return name, filepath.Join(d.path, name), nil
}

// Adopt moves a file of another directory here, and returns its new name.
func (d *Dir) Adopt(from *Dir, name string) (string, error) {
	old, err := from.file(name)
	if err != nil {
		return "", err
	}
	name, path, err := d.fresh()
	if err != nil {
		return "", err
	}
	return name, os.Rename(old, path)
}

// file returns the path of a name that came from elsewhere.
func (d *Dir) file(name string) (string, error) {
	if name == "" || name == secretFile || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("%q is no name of a file in a spool directory", name)
	}
	return filepath.Join(d.path, name), nil
}

// View calls f with a file's contents, which are not to be changed, nor used when f has returned.
func (d *Dir) View(name string, f func(data []byte) error) error {
	path, err := d.file(name)
	if err != nil {
		return err
	}
	return View(path, f)
}

// View calls f with the contents of the file of this path; see Dir.View.
func View(path string, f func(data []byte) error) error { return view(path, f) }

// Read returns a file's contents.
func (d *Dir) Read(name string) ([]byte, error) {
	path, err := d.file(name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Size returns a file's size.
func (d *Dir) Size(name string) (int, error) {
	path, err := d.file(name)
	if err != nil {
		return 0, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s is no regular file", path)
	}
	return int(info.Size()), nil
}

// Remove removes a file. Who is reading it can go on.
func (d *Dir) Remove(name string) error {
	path, err := d.file(name)
	if err != nil {
		return err
	}
	return os.Remove(path)
}

// Close removes the directory, if it is this process's own. A nil one is none.
func (d *Dir) Close() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	if !d.own {
		return nil
	}
	return os.RemoveAll(d.path)
}

// digest is a word that only those who have read the secret can say.
func (d *Dir) digest(who string) string {
	sum := sha256.Sum256([]byte(d.secret + " " + who))
	return hex.EncodeToString(sum[:])
}
