// Package history keeps what has been executed, over the lives of kernels. Each session has a file of its own, named by its
// number, so that kernels that run at the same time never write to the same one; a line of a file is one input or one
// output, as JSON.
package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// keep is how many sessions are kept. The oldest are removed when a new one begins.
const keep = 500

const extension = ".jsonl"

// Entry is one input with what it was worth.
type Entry struct {
	Session, Line int
	Input         string
	// Output is the text of the cell's value; "" if it had none.
	Output string
}

// Store is the history as one session sees it. It is safe for concurrent use.
type Store struct {
	dir     string
	session int

	mu   sync.Mutex
	file *os.File // nil: nothing is kept on disk
	now  []Entry
	past []Entry // sessions before this one, oldest first; read when first asked for
	read bool
}

// line is one line of a file: an input, or the output of one.
type line struct {
	N      int    `json:"n"`
	Input  string `json:"in,omitempty"`
	Output string `json:"out,omitempty"`
}

// Open begins a session in dir, which is made if need be; dir "" keeps nothing on disk.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir, session: 1}
	if dir == "" {
		s.read = true
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	numbers, err := sessions(dir)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	if n := len(numbers); n > 0 {
		s.session = numbers[n-1] + 1
	}
	for s.file == nil {
		// Another kernel that starts now may have taken the number.
		f, err := os.OpenFile(s.path(s.session), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
		if errors.Is(err, fs.ErrExist) {
			s.session++
			continue
		} else if err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		s.file = f
	}
	for _, n := range numbers[:max(0, len(numbers)-keep+1)] {
		_ = os.Remove(s.path(n))
	}
	return s, nil
}

func (s *Store) path(session int) string {
	return filepath.Join(s.dir, fmt.Sprintf("%06d%s", session, extension))
}

// sessions are the numbers of the sessions in dir, in order.
func sessions(dir string) ([]int, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, f := range files {
		if n, err := strconv.Atoi(strings.TrimSuffix(f.Name(), extension)); err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// Session is this session's number.
func (s *Store) Session() int { return s.session }

// Close ends the session. A session without inputs leaves no file.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if len(s.now) == 0 {
		err = errors.Join(err, os.Remove(s.path(s.session)))
	}
	s.file = nil
	return err
}

// Add keeps the input of cell n.
func (s *Store) Add(n int, input string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = append(s.now, Entry{Session: s.session, Line: n, Input: input})
	return s.write(line{N: n, Input: input})
}

// SetOutput keeps what the last input was worth.
func (s *Store) SetOutput(n int, output string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.now) - 1; last >= 0 && s.now[last].Line == n {
		s.now[last].Output = output
	}
	return s.write(line{N: n, Output: output})
}

func (s *Store) write(l line) error {
	if s.file == nil {
		return nil
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := s.file.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}

// all are all entries, oldest first. The caller holds mu.
func (s *Store) all() []Entry {
	if !s.read {
		s.read = true
		s.past = s.readPast()
	}
	return slices.Concat(s.past, s.now)
}

// readPast reads the sessions before this one. What cannot be read is left out: history is a convenience.
func (s *Store) readPast() []Entry {
	numbers, _ := sessions(s.dir)
	var past []Entry
	for _, n := range numbers {
		if n < s.session {
			past = append(past, readSession(s.path(n), n)...)
		}
	}
	return past
}

func readSession(path string, session int) []Entry {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var entries []Entry
	r := bufio.NewReader(f)
	for {
		raw, err := r.ReadBytes('\n')
		var l line
		switch {
		case json.Unmarshal(raw, &l) != nil:
			// a line cut short by a crash
		case l.Output == "":
			entries = append(entries, Entry{Session: session, Line: l.N, Input: l.Input})
		case len(entries) > 0 && entries[len(entries)-1].Line == l.N:
			entries[len(entries)-1].Output = l.Output
		}
		if err != nil {
			return entries
		}
	}
}

// Tail returns the last n entries of all sessions, oldest first.
func (s *Store) Tail(n int) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return last(s.all(), n)
}

func last(all []Entry, n int) []Entry { return slices.Clone(all[max(0, len(all)-max(0, n)):]) }

// Range returns the entries of a session from line start up to, not including, stop; stop 0 is the end. Session 0 is
// this one, -1 the one before.
func (s *Store) Range(session, start, stop int) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all()
	if session <= 0 {
		session = s.number(all, session)
	}
	var out []Entry
	for _, e := range all {
		if e.Session == session && e.Line >= start && (stop <= 0 || e.Line < stop) {
			out = append(out, e)
		}
	}
	return out
}

// number is the number of the session that is back (0 or less) sessions away from this one.
func (s *Store) number(all []Entry, back int) int {
	at := s.session
	for i := len(all) - 1; i >= 0 && back < 0; i-- {
		if all[i].Session < at {
			at, back = all[i].Session, back+1
		}
	}
	if back < 0 {
		return 0
	}
	return at
}

// Search returns the last n entries whose whole input fits the glob pattern (*, ? and [a-z]), oldest first; n 0 means all.
// With unique, of equal inputs only the latest counts.
func (s *Store) Search(pattern string, n int, unique bool) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := compile(pattern)
	all := s.all()
	seen := map[string]bool{}
	var out []Entry
	for i := len(all) - 1; i >= 0 && (n <= 0 || len(out) < n); i-- {
		if e := all[i]; g.MatchString(e.Input) && !(unique && seen[e.Input]) {
			seen[e.Input] = true
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}
