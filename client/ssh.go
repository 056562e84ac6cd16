package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gocluster/gocluster/internal/ssh"
	"github.com/gocluster/gocluster/profiles"
)

// SSHEnv is the environment variable that names the host through which to connect where Options do not.
const SSHEnv = "GOCLUSTER_SSH"

// way returns by way of which host to connect; nil: none. The profile's [ssh] settings count.
func (o Options) way(file *profiles.ConnFile) *profiles.Via {
	target := o.sshTarget()
	if target == "" {
		return file.Via
	}
	cfg := o.sshConfig()
	return &profiles.Via{Host: target, Command: cfg.Command, Config: cfg.File, Options: cfg.Options, Always: true}
}

func (o Options) sshTarget() string {
	if o.SSH != "" {
		return o.SSH
	}
	return os.Getenv(SSHEnv)
}

func (o Options) sshConfig() ssh.Config {
	cfg := ssh.Config{Options: o.SSHOptions}
	p, err := profiles.Open(o.Profile)
	if err != nil { // a profile of the other machine need not be here
		p, err = profiles.Open(profiles.DefaultName)
	}
	if err == nil {
		cfg.Command, cfg.File = p.Settings.SSH.Command, p.Settings.SSH.ConfigFile()
		cfg.Options = append(cfg.Options, p.Settings.SSH.Options...)
	}
	return cfg
}

// fetchScript prints a client's connection file of the profile {p} where profiles are kept there.
const fetchScript = `d="$GOCLUSTER_DIR"; if [ -z "$d" ]; then case $(uname) in Darwin) d="$HOME/Library/Application Support/gocluster";; ` +
	`*) d="${XDG_CONFIG_HOME:-$HOME/.config}/gocluster";; esac; fi; f="$d/profiles/{p}/security/client.json"; [ -e "$f" ] || exit 44; cat "$f"`

// notThere is fetchScript's exit status if there is no file.
const notThere = 44

// fetch reads a client's connection file on the host through which to connect.
func (o Options) fetch(ctx context.Context, target string) (*profiles.ConnFile, error) {
	name := o.Profile
	if name == "" {
		name = profiles.DefaultName
	}
	host := ssh.New(o.sshConfig(), target)
	defer host.Close()
	text, err := host.Shell(ctx, strings.ReplaceAll(fetchScript, "{p}", name))
	if coded := (interface{ ExitCode() int })(nil); errors.As(err, &coded) && coded.ExitCode() == notThere {
		return nil, fmt.Errorf("%w: none of profile %s on %s; start one there, or give the connection file that it has", ErrNotRunning, name, target)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	file := &profiles.ConnFile{Path: "client.json of profile " + name + " on " + target}
	if err := json.Unmarshal([]byte(text), file); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", file.Path, err)
	}
	file.Local = "" // it is the host's
	return file, file.Check()
}
