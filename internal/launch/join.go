package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gocluster/gocluster/internal/invite"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/profiles"
)

// The clocks of two machines may differ by skewNoticed before somebody is told. Certificates are good despite a difference
// of less than a day: skewTooMuch leaves some time for the exchange.
const (
	skewNoticed = time.Minute
	skewTooMuch = 23 * time.Hour
)

// keptFor is how long what a host has kept of a cluster that it no longer comes back to is kept.
const keptFor = 30 * 24 * time.Hour

// join has this machine join with an invitation. What it is given is kept in a file of its own, by which it is known as the same host
// when it comes again.
func join(ctx context.Context, cfg EnginesConfig) (*profiles.ConnFile, error) {
	token, err := invite.Parse(cfg.Join)
	if err != nil {
		return nil, err
	}
	path, err := keptPath(token)
	if err != nil {
		return nil, err
	}
	guest := invite.Guest{}
	if kept, err := profiles.ReadConnection(path); err == nil {
		guest.Kept = kept
	}
	joined, err := invite.Join(ctx, token, guest)
	if err != nil {
		return nil, err
	}
	if err := checkSkew(joined.Skew, cfg.Notice); err != nil {
		return nil, err
	}
	conn := joined.Conn
	conn.Path = path
	if err := conn.Write(path); err != nil {
		// It is needed at the next start only.
		conn.Path = ""
		if cfg.Notice != nil {
			cfg.Notice(fmt.Sprintf("the certificate is not kept, and with the next start this will be another host: %v", err))
		}
	}
	return conn, nil
}

// checkSkew says that this machine's clock is wrong, if it is; so wrong that certificates would not do is an error.
func checkSkew(ahead time.Duration, notice func(string)) error {
	text := func() string {
		where := "ahead of"
		if ahead < 0 {
			where = "behind"
		}
		return fmt.Sprintf("this machine's clock is %v %s the controller's", ahead.Abs().Round(time.Second), where)
	}
	switch {
	case ahead.Abs() >= skewTooMuch:
		return fmt.Errorf("%s, and certificates are not good over such a difference: set the clock", text())
	case ahead.Abs() >= skewNoticed && notice != nil:
		notice(text() + ": the times in logs and of tasks will not match; the connection is not affected")
	}
	return nil
}

// keptPath is where the file of a host that has joined is. Machines may share the folder.
func keptPath(t *invite.Token) (string, error) {
	root, err := profiles.Dir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "joined")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("keeping what the cluster will give us: %w; set %s to a folder that you can write in", err, profiles.DirEnv)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	forgetOld(dir)
	return filepath.Join(dir, fmt.Sprintf("%s-%s-%s.json", filepath.Base(t.Cluster), t.ID, filepath.Base(host))), nil
}

// forgetOld removes what was kept of clusters long ago.
func forgetOld(dir string) {
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && time.Since(info.ModTime()) > keptFor {
			_ = os.Remove(file)
		}
	}
}

// forget removes what was kept of a cluster that has ended, or that wants this host no more.
func forget(conn *profiles.ConnFile, why error) {
	var left *link.LeftError
	ended := why == nil || errors.As(why, &left) && left.Final || errors.Is(why, link.ErrRefused)
	if ended && conn.Path != "" {
		_ = os.Remove(conn.Path)
	}
}
