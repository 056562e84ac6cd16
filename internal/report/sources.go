package report

import (
	"strings"
	"sync"
)

// The bounds of Sources: older cells are forgotten.
const (
	maxCells = 1000
	maxBytes = 4 << 20
)

// Sources keeps the text of the latest cells, so that errors can show their lines. The zero Sources is empty; methods may be called
// concurrently.
type Sources struct {
	mu    sync.Mutex
	cells []source // the oldest first
	bytes int
}

// source is a cell, or the part of a file that was run as one.
type source struct {
	name  string
	first int // the number of its first line
	text  string
}

// Add keeps a cell. name is what positions call it: "In[3]", or a file of which text is the part that begins at line first. A cell of the
// same name and place is replaced.
func (s *Sources) Add(name string, first int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.cells {
		if c.name == name && c.first == max(first, 1) {
			s.drop(i)
			break
		}
	}
	s.cells = append(s.cells, source{name, max(first, 1), text})
	s.bytes += len(text)
	for len(s.cells) > 1 && (len(s.cells) > maxCells || s.bytes > maxBytes) {
		s.drop(0)
	}
}

func (s *Sources) drop(i int) {
	s.bytes -= len(s.cells[i].text)
	s.cells = append(s.cells[:i], s.cells[i+1:]...)
}

// find returns the lines of the cell that has a line, and the number of the first of them; nil if it is not known.
func (s *Sources) find(name string, line int) (lines []string, first int) {
	if s == nil {
		return nil, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.cells) - 1; i >= 0; i-- {
		c := s.cells[i]
		if c.name != name || line < c.first {
			continue
		}
		if lines := strings.Split(c.text, "\n"); line < c.first+len(lines) {
			return lines, c.first
		}
	}
	return nil, 0
}
