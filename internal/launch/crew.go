package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/ssh"
	"github.com/gocluster/gocluster/profiles"
)

// crew is the ranks that one command or job starts, as who has asked for them sees them.
type crew struct {
	c       *Cluster
	e       Engines
	tell    func(Progress)
	dir     string
	size    int
	patient bool // it is ready when all ranks are, and not when the first is

	ranks map[int]*rankState
	was   bool // engines were ready

	mu    sync.Mutex
	noted []record // of the ranks that are ready
	mute  []int    // the ranks that have not said what becomes of them
}

// rankState is what is known of a rank.
type rankState struct {
	read    int64 // how much of its progress
	node    string
	phase   Phase
	engines []proto.EngineID
}

// crewDir is the folder of a set's ranks that one command or job starts.
func (c *Cluster) crewDir(e Engines) string {
	name := "CLUSTER"
	if c.id != "" {
		name = brief(c.id)
	}
	if e.Crew > 0 {
		name += fmt.Sprintf("-%d", e.Crew)
	}
	return filepath.Join(c.cfg.Profile.Dir, "ranks", e.Set+"-"+name)
}

// newCrew makes the folder of ranks, with their order. part is the number of ranks in each job of an array.
func (c *Cluster) newCrew(ctx context.Context, e Engines, part int, leave time.Duration, tell func(Progress)) (*crew, error) {
	conn, err := c.connection(ctx)
	if err != nil {
		return nil, err
	}
	o := c.order()
	o.Settings = profiles.Settings{}
	o.N, o.Set, o.Part, o.Around, o.Restart, o.Conn = e.N, e.Set, e.Part, surroundingsOf(e.Host), e.Restart, conn
	text, err := json.Marshal(ranksOrder{Order: o, First: e.First, Size: e.First + e.Hosts, Part: part, Leave: leave})
	if err != nil {
		return nil, err
	}
	w := &crew{c: c, e: e, tell: tell, dir: c.crewDir(e), size: e.Hosts, ranks: map[int]*rankState{}}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the set's processes: %w", err)
	}
	return w, os.WriteFile(filepath.Join(w.dir, orderFile), text, 0o600)
}

// remove removes the folder.
func (w *crew) remove() error {
	err := os.RemoveAll(w.dir)
	_ = os.Remove(filepath.Dir(w.dir)) // if it is the last
	return err
}

// rankCommand is the command line of a rank. The last two words are shell text where a script has it.
func (c *Cluster) rankCommand(e Engines) []string {
	program := atHome(e.Program)
	if e.Program == "" {
		if exe, err := os.Executable(); err == nil {
			program = exe
		}
	}
	return append(slices.Clone(e.Before), "env", role.Env+"="+rankRole, program, c.crewDir(e))
}

// shellLine is a command line for a shell.
func shellLine(argv []string) string {
	var out []string
	for _, word := range argv {
		out = append(out, ssh.Quote(word))
	}
	return strings.Join(out, " ")
}

// outputName names the log of what the command or job prints that starts a set's ranks.
func outputName(set string) string { return logName(set) + "-job" }

func (w *crew) output() string {
	return filepath.Join(w.c.cfg.Profile.LogDir(), outputName(w.e.Set)+".log")
}

// listen reads what ranks have said since it was done last, and tells it.
func (w *crew) listen() {
	files, _ := filepath.Glob(filepath.Join(w.dir, rankProgress+"*"))
	changed := false
	for _, file := range files {
		n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(file), rankProgress))
		if err != nil {
			continue
		}
		r := w.ranks[n]
		if r == nil {
			r = &rankState{}
			w.ranks[n] = r
		}
		for _, step := range r.news(file) {
			changed = w.hear(n, r, step) || changed
		}
	}
	w.listMute() // before anybody looks because of what is told now
	if changed {
		w.sum()
	}
}

// listMute notes which ranks have not said yet what becomes of them.
func (w *crew) listMute() {
	var mute []int
	for n := w.e.First; n < w.e.First+w.size; n++ {
		if r := w.ranks[n]; r == nil || !r.phase.settled() {
			mute = append(mute, n)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mute = mute
}

// news reads what a rank has said since.
func (r *rankState) news(path string) (out []rankStep) {
	f, err := os.Open(path)
	if err != nil {
		return nil // it is there the next time
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, r.read, tailMost))
	if err != nil {
		return nil
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	r.read += int64(len(text))
	for line := range bytes.Lines(text) {
		var step rankStep
		if json.Unmarshal(line, &step) == nil {
			out = append(out, step)
		}
	}
	return out
}

// hear takes a step of a rank and reports whether the crew's engines are others now.
func (w *crew) hear(n int, r *rankState, s rankStep) bool {
	r.node = s.Node
	if s.Text != "" && s.Phase != Ready {
		text := s.Text
		if s.Phase != Said {
			text = string(s.Phase) + ": " + text
		}
		w.tell(Progress{Text: fmt.Sprintf("rank %d on %s: %s", n, s.Node, text)})
	}
	switch {
	case s.Phase == Said && len(s.Engines) == 0, s.Phase != Said && r.phase == s.Phase && slices.Equal(r.engines, s.Engines):
		return false
	case s.Phase != Said:
		r.phase = s.Phase
	}
	r.engines = s.Engines
	return true
}

// sum tells which engines there are.
func (w *crew) sum() {
	var ids []proto.EngineID
	heard, alive := 0, 0
	for _, r := range w.ranks {
		ids = append(ids, r.engines...)
		if r.phase.settled() {
			heard++
		}
		if r.phase == Ready {
			alive++
		}
	}
	if alive == 0 || !w.was && w.patient && heard < w.size {
		return
	}
	w.was = true
	w.note()
	slices.Sort(ids)
	w.tell(Progress{Phase: Ready, Engines: ids})
}

// note notes where the logs of the ranks are.
func (w *crew) note() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted = nil
	for n, r := range w.ranks {
		if r.phase == Ready {
			w.noted = append(w.noted, record{Machine: r.node, Engines: r.engines, Log: w.rankPath(n), Far: true})
		}
	}
}

func (w *crew) rankPath(n int) string {
	return filepath.Join(w.c.cfg.Profile.LogDir(), rankLog(w.e.Set, n)+".log")
}

func (w *crew) records() []record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.noted)
}

// over tells that the ranks' command or job has ended, and why.
func (w *crew) over(why string, asked bool) {
	w.listen()
	switch {
	case asked:
		w.tell(Progress{Phase: Ended})
	case w.was:
		w.tell(Progress{Phase: Ended, Text: why})
	default:
		w.tell(Progress{Phase: Failed, Text: why + w.lastWords()})
	}
}

// left reports whether all ranks have ended by themselves.
func (w *crew) left() bool {
	for _, r := range w.ranks {
		if r.phase != Ended {
			return false
		}
	}
	return len(w.ranks) > 0
}

// lastWords is the end of what was printed, for a message.
func (w *crew) lastWords() string {
	var b bytes.Buffer
	if err := Tail(context.Background(), &b, w.output(), 5, false); err != nil || b.Len() == 0 {
		return ""
	}
	return ":\n" + strings.TrimSpace(b.String())
}

// Log writes the end of each rank's log; with follow it goes on with the last one's.
func (w *crew) Log(ctx context.Context, out io.Writer, lines int, follow bool) error {
	var errs []error
	for n := w.e.First; n < w.e.First+w.size; n++ {
		path := w.rankPath(n)
		if _, err := os.Stat(path); err != nil {
			continue // it has not begun
		}
		fmt.Fprintf(out, "==> rank %d\n", n)
		errs = append(errs, Tail(ctx, out, path, lines, follow && n == w.e.First+w.size-1))
	}
	return errors.Join(errs...)
}
