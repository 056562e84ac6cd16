package launch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gocluster/gocluster/profiles"
)

// errHeld says that another process holds a pid file.
var errHeld = errors.New("another process holds it")

// The names of the pid files, and of the logs.
const (
	clusterName    = "cluster"
	controllerName = "controller"
	enginesName    = "engines"
)

// looks and lookTime bound how long a file may be held by somebody who only looks whether it is held.
const (
	looks    = 5
	lookTime = 5 * time.Millisecond
)

// pidFile is a file that names this process and is locked as long as the process lives.
type pidFile struct {
	path string
	f    *os.File
}

func pidPath(p *profiles.Profile, name string) string { return filepath.Join(p.PIDDir(), name+".pid") }

// hold takes a pid file for this process, or returns errHeld.
func hold(path string) (*pidFile, error) {
	for try := 0; ; try++ {
		f, err := openLocked(path)
		if errors.Is(err, errHeld) && try < looks {
			time.Sleep(lookTime) // it may be held by somebody who only looks
			continue
		}
		if err != nil {
			return nil, err
		}
		if !current(f, path) { // removed by its last holder just when we opened it
			_ = f.Close()
			continue
		}
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
		if err == nil {
			err = f.Sync()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("writing %s: %w", path, err), f.Close())
		}
		return &pidFile{path, f}, nil
	}
}

func current(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}

// release removes the file. It may have gone with its folder.
func (p *pidFile) release() error {
	if err := removeLocked(p.f, p.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// holder returns the process that holds a pid file, 0 if none does.
func holder(path string) int {
	if _, err := os.Stat(path); err != nil {
		return 0
	}
	f, err := openLocked(path)
	if err == nil {
		// Nobody: what is there was left behind.
		_ = removeLocked(f, path)
		return 0
	}
	if !errors.Is(err, errHeld) {
		return 0
	}
	r, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, 64))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// holders returns the processes that hold pid files of a profile.
func holders(p *profiles.Profile) []int {
	paths, err := filepath.Glob(filepath.Join(p.PIDDir(), "*.pid"))
	if err != nil {
		return nil
	}
	var pids []int
	for _, path := range paths {
		if pid := holder(path); pid > 0 && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}
