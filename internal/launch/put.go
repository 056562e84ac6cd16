package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/machines"
	"github.com/gocluster/gocluster/internal/parcel"
	"github.com/gocluster/gocluster/profiles"
)

// PutConfig says what is copied where.
type PutConfig struct {
	// Profile has the settings of ssh, Hosts are the machines.
	Profile *profiles.Profile
	Hosts   []machines.Host
	// From is a file or a folder of this machine. To is its path there, relative to the home directory, or with a slash at its end the folder that
	// it is put in; empty: the home directory.
	From, To string
	// Done is told of each machine; err says why it has no copy.
	Done func(machine string, c Copied, err error)
}

// Copied is what was copied to a machine.
type Copied struct {
	parcel.Sum
	Took time.Duration
	// To is where it is there. There says that it was there because it is the same file.
	To    string
	There bool
}

// ErrNotEverywhere is the error of a copy that not all machines have; Done was told why.
var ErrNotEverywhere = errors.New("not all machines have a copy")

// The scripts that take an archive: of a folder, and of a file, which is replaced all at once. Their arguments are the folder that it is put in and the name.
const (
	takeFolder = `mkdir -p "$1/$2" && exec tar -xpof - -C "$1"`
	takeFile   = `[ ! -d "$1/$2" ] || { echo "$1/$2 is a folder: end it with a slash to put a file into it" >&2; exit 1; }
mkdir -p "$1" && t="$1/.put.$$" && mkdir "$t" || exit
trap 'rm -rf "$t"' EXIT
tar -xpof - -C "$t" && mv -f "$t/$2" "$1/$2"`
)

// Put copies a file or a folder to every machine of a machinefile once, to all at the same time. They need a POSIX shell and tar; what a running
// cluster's machines are given is package client's matter.
func Put(ctx context.Context, cfg PutConfig) error {
	info, err := os.Stat(cfg.From)
	if err != nil {
		return err
	}
	if cfg.From, err = filepath.Abs(cfg.From); err != nil {
		return err
	}
	hosts := cfg.Hosts
	each := ExecConfig{Profile: cfg.Profile, Each: true}
	placed, err := each.placeRanks(hosts)
	if err != nil {
		return err
	}
	g, mu, failed := group.New(ctx), sync.Mutex{}, false
	for _, i := range placed {
		err := g.Go("copy to "+hosts[i].Name, func(ctx context.Context) error {
			m := each.machine(hosts[i])
			defer m.close()
			c, err := cfg.copyTo(ctx, m, info)
			mu.Lock()
			defer mu.Unlock()
			failed = failed || err != nil
			cfg.Done(hosts[i].Name, c, err)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := g.Wait(); err != nil || !failed {
		return err
	}
	return ErrNotEverywhere
}

// copyTo copies to one machine.
func (cfg PutConfig) copyTo(ctx context.Context, m rankMachine, info fs.FileInfo) (Copied, error) {
	begun := time.Now()
	to := parcel.Target(cfg.To, filepath.Base(cfg.From))
	c := Copied{To: to}
	if _, isHere := m.(*ranksHere); isHere {
		switch there, err := cfg.collides(info, to); {
		case err != nil:
			return c, err
		case there:
			c.There = true
			return c, nil
		}
	}
	script := takeFile
	if info.IsDir() {
		script = takeFolder
	}
	cmd := m.Command(ctx, "~", nil, "/bin/sh", "-c", script, "sh", path.Dir(to), path.Base(to))
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return c, err
	}
	if err := cmd.Start(); err != nil {
		return c, m.Explain(ctx, err, "")
	}
	sum, wrong := parcel.Pack(in, cfg.From, path.Base(to))
	c.Sum = sum
	if wrong != nil && !errors.Is(wrong, syscall.EPIPE) { // there, the end of the archive must not be taken for it
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return c, wrong
	}
	_ = in.Close()
	err = cmd.Wait()
	c.Took = time.Since(begun)
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return c, m.Explain(ctx, err, said.String())
	}
	return c, nil
}

// collides reports whether the copy on this machine would be the original; it is an error if it would be a part of it.
func (cfg PutConfig) collides(info fs.FileInfo, to string) (bool, error) {
	at, err := parcel.Here(to)
	if err != nil {
		return false, err
	}
	if there, err := os.Stat(at); err == nil && os.SameFile(there, info) {
		return true, nil
	}
	if info.IsDir() && parcel.Within(cfg.From, at) {
		return false, fmt.Errorf("%s is inside of %s: give another place", at, cfg.From)
	}
	return false, nil
}
