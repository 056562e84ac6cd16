package prompt

import (
	"strings"
)

// browse is where in the history the editor is.
type browse struct {
	entries []string // nil: nowhere
	// at is the entry that is shown; len(entries) is what was being written, which is kept here. Entries that begin with prefix are shown.
	at      int
	written version
	prefix  string
}

// earlier shows the latest earlier input that begins like what is written.
func (e *Editor) earlier(last action) {
	e.last = browsing
	b := &e.browse
	if last != browsing {
		entries := e.entries()
		*b = browse{entries: entries, at: len(entries), written: version{e.text, e.cursor}, prefix: e.text[:e.cursor]}
		e.remember(other)
	}
	for i := b.at - 1; i >= 0; i-- {
		if strings.HasPrefix(b.entries[i], b.prefix) && b.entries[i] != e.text {
			b.at = i
			e.show(b.entries[i])
			return
		}
	}
}

// later goes the way back, to what was being written at last.
func (e *Editor) later(last action) {
	if last != browsing {
		return
	}
	e.last = browsing
	b := &e.browse
	for i := b.at + 1; i < len(b.entries); i++ {
		if strings.HasPrefix(b.entries[i], b.prefix) && b.entries[i] != e.text {
			b.at = i
			e.show(b.entries[i])
			return
		}
	}
	b.at = len(b.entries)
	e.text, e.cursor = b.written.text, b.written.cursor
}

func (e *Editor) show(text string) { e.text, e.cursor = text, len(text) }

func (e *Editor) entries() []string {
	if e.history == nil {
		return nil
	}
	return e.history()
}

// search is an incremental search in the history.
type search struct {
	entries []string
	pattern string
	// at is the entry that is shown; len(entries) if none is. failed tells that nothing fits.
	at      int
	failed  bool
	written version
}

// searchBack begins a search, backwards.
func (e *Editor) searchBack() {
	entries := e.entries()
	e.search = &search{entries: entries, at: len(entries), written: version{e.text, e.cursor}}
}

// searching handles a key of a search; it reports false for one that ends the search and is to be handled as any other.
func (e *Editor) searching(k Key) bool {
	s := e.search
	switch k.Name {
	case "", "paste":
		s.pattern += strings.ReplaceAll(k.Text, "\n", " ")
		e.seek(min(s.at, len(s.entries)-1), -1)
	case "backspace":
		s.pattern = s.pattern[:len(s.pattern)-lastSize(s.pattern)]
		e.seek(len(s.entries)-1, -1)
	case "C-r":
		e.seek(s.at-1, -1)
	case "C-s":
		e.seek(s.at+1, 1)
	case "C-g", "C-c":
		e.text, e.cursor, e.search = s.written.text, s.written.cursor, nil
	case "enter", "esc":
		e.search = nil
		e.undos = append(e.undos, s.written)
	default:
		e.search = nil
		e.undos = append(e.undos, s.written)
		return false
	}
	return true
}

// seek shows the nearest entry from at on that has the pattern. Letters of both cases are alike unless the pattern has a capital.
func (e *Editor) seek(at, step int) {
	s := e.search
	s.failed = false
	if s.pattern == "" {
		return
	}
	for ; at >= 0 && at < len(s.entries); at += step {
		text := s.entries[at]
		if strings.ToLower(s.pattern) == s.pattern {
			text = strings.ToLower(text)
		}
		if i := strings.LastIndex(text, s.pattern); i >= 0 && (s.entries[at] != e.text || s.at == at) {
			s.at = at
			e.text, e.cursor = s.entries[at], min(i, len(s.entries[at]))
			return
		}
	}
	s.failed = true
}
