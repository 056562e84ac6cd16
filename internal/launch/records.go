package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gocluster/gocluster/internal/batch"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/ssh"
	"github.com/gocluster/gocluster/profiles"
)

// record is what other processes can know of a machine's engines: it is kept in the profile's folder while they run.
type record struct {
	Set, Machine string
	Engines      []proto.EngineID
	// Host is how ssh is told of the machine, empty for this one. Log is the path of their log there.
	Host, Log string
	// Program and Dir are gocluster's and the outpost's paths there.
	Program, Dir string
	// Far says that programs are run on the machine by its engine host: it is one of a batch system, or of mpiexec.
	Far bool `json:",omitempty"`
	// System and Job name the job that the engines are in, Dir then is the folder of its ranks here.
	System string `json:",omitempty"`
	Job    string `json:",omitempty"`
}

// recorded is a Process that other processes can know of.
type recorded interface {
	records() []record
}

func (k *kept) records() []record { return []record{{Log: k.log}} }

func (o *outpost) records() []record { return []record{o.record()} }

func (o *outpost) record() record {
	return record{Host: o.r.host.Target(), Log: o.dir + "/" + outpostLog, Program: o.program, Dir: o.dir}
}

func recordsPath(p *profiles.Profile) string { return filepath.Join(p.PIDDir(), "machines.json") }

// writeRecords notes where the engines are. Without it the cluster runs, too, so that an error is only told.
func (c *Cluster) writeRecords() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recordsGone {
		return
	}
	var all []record
	if h, ok := c.controller.(*head); ok {
		x := h.o.record()
		x.Machine = h.o.r.Name()
		all = append(all, x)
	}
	for _, m := range c.members {
		r, ok := m.process.(recorded)
		if !ok {
			continue
		}
		for _, x := range r.records() {
			x.Set = m.Set
			if x.Machine == "" {
				x.Machine, x.Engines = m.On.Name(), m.engines
			}
			all = append(all, x)
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = replaceFile(recordsPath(c.cfg.Profile), text)
	}
	if err != nil {
		c.notice("noting where the engines are: %v", err)
	}
}

// removeRecords removes the note for good, unless an outpost could not be ended: then `gocluster stop` tries again.
func (c *Cluster) removeRecords(ended bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recordsGone = true
	if !ended {
		return nil
	}
	if err := os.Remove(recordsPath(c.cfg.Profile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// replaceFile writes a file all at once, for its owner only.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func readRecords(p *profiles.Profile) ([]record, error) {
	text, err := os.ReadFile(recordsPath(p))
	if err != nil {
		return nil, err
	}
	var all []record
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", recordsPath(p), err)
	}
	return all, nil
}

// EngineLog writes the end of the log of an engine's host, wherever that is, and with follow what is added to it until ctx ends.
func EngineLog(ctx context.Context, p *profiles.Profile, engine, lines int, follow bool, w io.Writer) error {
	all, err := readRecords(p)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no cluster of profile %s is running that was started with `gocluster start`: the logs of the last one are in %s", p.Name, p.LogDir())
	}
	if err != nil {
		return err
	}
	for _, r := range all {
		if !slices.Contains(r.Engines, proto.EngineID(engine)) {
			continue
		}
		fmt.Fprintf(w, "==> %s on %s: %s\n", proto.EngineID(engine), r.Machine, r.Log)
		if r.Host == "" {
			return Tail(ctx, w, r.Log, lines, follow)
		}
		host := ssh.New(sshConfig(p.Settings.SSH), r.Host)
		defer host.Close()
		return tailOver(ctx, host, w, r.Log, lines, follow)
	}
	return fmt.Errorf("the cluster has no engine %d that `gocluster start` started", engine)
}

// cancel cancels the job that the record tells of.
func (r *record) cancel(ctx context.Context) error {
	system := batch.Named(r.System)
	if system == nil {
		return fmt.Errorf("job %s is in a queue of %q, which this version does not know", r.Job, r.System)
	}
	if err := (batch.Queue{System: system}).Cancel(ctx, r.Job); err != nil {
		return fmt.Errorf("job %s may still be in the queue: %w", r.Job, err)
	}
	return os.RemoveAll(r.Dir)
}

// endLeft ends outposts and jobs that a supervisor has left behind which was killed, or could not reach them.
func endLeft(ctx context.Context, p *profiles.Profile) error {
	all, err := readRecords(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range all {
		switch {
		case r.Host != "":
			errs = append(errs, r.end(ctx, p))
		case r.Job != "":
			errs = append(errs, r.cancel(ctx))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.Remove(recordsPath(p))
}

// end ends the outpost that a record tells of.
func (r *record) end(ctx context.Context, p *profiles.Profile) error {
	ctx, cancel := context.WithTimeout(ctx, unreachableTime)
	defer cancel()
	host := ssh.New(sshConfig(p.Settings.SSH), r.Host)
	defer host.Close()
	cmd := host.Command(ctx, "", []string{role.Env + "=" + outpostRole}, r.Program, "stop", r.Dir)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: the engines there could not be ended; they end by themselves %s after the controller, and `gocluster stop` tries again: %w",
			r.Machine, span(orphanTime), host.Explain(ctx, err, said.String()))
	}
	return nil
}
