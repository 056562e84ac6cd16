// Package prompttest has a terminal's screen for tests: what is written to it can be read as a person sees it.
package prompttest

import (
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
)

// Screen is the screen of a terminal that knows what prompts write: moves, erasing, line ends; colours are passed over. Rows that have
// left it at the top are kept. It is not safe for concurrent use.
type Screen struct {
	width, height int
	above, rows   []row
	y, x          int
	rest          string // the beginning of an escape sequence
}

// row has a character in each cell; "" stands right of a wide one.
type row []string

// New returns an empty screen.
func New(width, height int) *Screen {
	s := &Screen{width: width, height: height}
	s.rows = []row{s.blank()}
	return s
}

func (s *Screen) blank() row {
	r := make(row, s.width)
	for i := range r {
		r[i] = " "
	}
	return r
}

// Write shows what a program writes.
func (s *Screen) Write(p []byte) (int, error) {
	text := s.rest + string(p)
	s.rest = ""
	for text != "" {
		if text[0] == 0x1b {
			n := s.escape(text)
			if n == 0 {
				s.rest = text
				return len(p), nil
			}
			text = text[n:]
			continue
		}
		if text[0] < 0x20 {
			s.control(text[0])
			text = text[1:]
			continue
		}
		var cluster string
		var width int
		cluster, text, width, _ = uniseg.FirstGraphemeClusterInString(text, -1)
		s.put(cluster, width)
	}
	return len(p), nil
}

func (s *Screen) put(cluster string, width int) {
	if width == 0 && s.x > 0 {
		s.rows[s.y][s.x-1] += cluster
		return
	}
	if s.x+width > s.width {
		s.x = 0
		s.down()
	}
	s.rows[s.y][s.x] = cluster
	for i := 1; i < width; i++ {
		s.rows[s.y][s.x+i] = ""
	}
	s.x += width
}

func (s *Screen) control(c byte) {
	switch c {
	case '\r':
		s.x = 0
	case '\n':
		s.down()
	}
}

func (s *Screen) down() {
	s.y++
	if s.y == len(s.rows) {
		s.rows = append(s.rows, s.blank())
	}
	if s.y == s.height {
		s.above, s.rows = append(s.above, s.rows[0]), s.rows[1:]
		s.y--
	}
}

// escape does what an escape sequence says and returns its length, 0 if it is not whole.
func (s *Screen) escape(text string) int {
	if len(text) < 2 {
		return 0
	}
	if text[1] != '[' {
		return 2
	}
	end := 2
	for end < len(text) && (text[end] < 0x40 || text[end] > 0x7e) {
		end++
	}
	if end == len(text) {
		return 0
	}
	n, err := strconv.Atoi(text[2:end])
	if err != nil {
		n = 1
	}
	switch text[end] {
	case 'A':
		s.y = max(0, s.y-n)
	case 'B':
		s.y = min(len(s.rows)-1, s.y+n)
	case 'C':
		s.x = min(s.width-1, s.x+n)
	case 'H':
		s.y, s.x = 0, 0
	case 'K':
		s.erase()
	case 'J':
		if text[2:end] == "2" {
			s.rows = []row{s.blank()}
			s.y = 0
			break
		}
		s.erase()
		s.rows = s.rows[:s.y+1]
	}
	return end + 1
}

// Resize gives the window another size, as terminals do: rows that are too long for it are broken into several, and the cursor stays with
// its character.
func (s *Screen) Resize(width, height int) {
	old, cursor := s.rows, [2]int{s.y, s.x}
	s.width, s.height = width, height
	s.rows, s.y = []row{s.blank()}, 0
	var y, x int
	for i, r := range old {
		if i > 0 {
			s.x = 0
			s.down()
		}
		s.x = 0
		for at, cell := range r {
			if i == cursor[0] && at == cursor[1] {
				y, x = len(s.above)+s.y, s.x%width
			}
			if cell != "" && at < written(r) {
				s.put(cell, wide(r, at))
			}
		}
	}
	s.y, s.x = y-len(s.above), x
}

// written is how many cells of a row have been written, up to the blanks at its end.
func written(r row) int {
	n := len(r)
	for n > 0 && r[n-1] == " " {
		n--
	}
	return n
}

// wide is how many cells the character in one of them takes.
func wide(r row, at int) int {
	if at+1 < len(r) && r[at+1] == "" {
		return 2
	}
	return 1
}

func (s *Screen) erase() {
	for i := s.x; i < s.width; i++ {
		s.rows[s.y][i] = " "
	}
}

// Rows are the rows that are on the screen, without blanks at their ends.
func (s *Screen) Rows() []string { return texts(s.rows) }

// String is everything that has been on the screen, what has left it at the top included, without empty lines at the end.
func (s *Screen) String() string {
	return strings.TrimRight(strings.Join(append(texts(s.above), texts(s.rows)...), "\n"), "\n")
}

func texts(rows []row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, strings.TrimRight(strings.Join(r, ""), " "))
	}
	return out
}

// Cursor is where the cursor is.
func (s *Screen) Cursor() (row, column int) { return s.y, s.x }
