package prompt

import (
	"strings"

	"github.com/gocluster/gocluster/internal/ink"
)

// Helper is who understands what is edited. Cursors are byte offsets.
type Helper interface {
	// Complete lists what may stand at the cursor.
	Complete(text string, cursor int) Completion
	// Describe says what is at the cursor; more so at level 1. "" is nothing.
	Describe(text string, cursor, level int) string
	// Continue tells whether a text is not whole yet, and how its next line is indented.
	Continue(text string) (more bool, indent string)
	// Highlight returns the coloured pieces of a text, in order.
	Highlight(text string) []ink.Span
}

// Completion is what may stand at a cursor: each item replaces the text from Start to End.
type Completion struct {
	Start, End int
	Items      []Candidate
}

// Candidate is one completion: what it writes, what kind of thing it is, and its signature.
type Candidate struct{ Text, Kind, Detail string }

// Outcome is what a key leads to.
type Outcome int

// The outcomes. After Editing the editor takes more keys; the others are the terminal's to do.
const (
	Editing     Outcome = iota
	Accepted            // the text is to be run
	Interrupted         // Ctrl-C: the text is given up
	Ended               // Ctrl-D without a text
	Suspended           // Ctrl-Z
	Cleared             // Ctrl-L: the screen is to be cleared
	Elsewhere           // the text is to be edited in the user's own editor
)

// Editor is the state of the editing of one text. History and kills outlive the text: see Reset.
type Editor struct {
	helper  Helper
	history func() []string // oldest first

	text   string
	cursor int
	undos  []version
	redos  []undone
	// last is the kind of the latest key: some keys go on with what they did before.
	last action
	// goal is the column that moves up and down want to keep.
	goal int
	// prefix is the first of two keys, such as C-x.
	prefix string

	kills  []string
	yanked int // which kill was yanked, counted from the latest

	browse browse
	search *search
	menu   *menu
	doc    *doc
	// top is the first row of the text that is shown, if it is higher than the screen.
	top int
}

// version is a text as it was.
type version struct {
	text   string
	cursor int
}

// undone is a change that was undone: redo leads from one version to the other.
type undone struct{ from, to version }

// action is what kind of thing a key does.
type action int

const (
	other action = iota
	writing
	erasing
	killing
	yanking
	browsing
	climbing
)

// NewEditor returns an editor without a text. helper may be nil: every text is whole then, and plain. history returns
// earlier texts, the oldest first.
func NewEditor(helper Helper, history func() []string) *Editor {
	if helper == nil {
		helper = nobody{}
	}
	return &Editor{helper: helper, history: history}
}

// Text is what is being edited.
func (e *Editor) Text() string { return e.text }

// Reset begins a new text.
func (e *Editor) Reset() { *e = Editor{helper: e.helper, history: e.history, kills: e.kills} }

// SetText replaces the text, with the cursor at its end.
func (e *Editor) SetText(text string) {
	e.remember(other)
	e.text, e.cursor = text, len(text)
}

// Press handles a key.
func (e *Editor) Press(k Key) Outcome {
	if e.search != nil {
		if e.searching(k) {
			return Editing
		}
	}
	if e.menu != nil && e.choosing(k) {
		return Editing
	}
	if e.prefix != "" {
		k.Name, e.prefix = e.prefix+" "+k.Name+k.Text, ""
	}
	if e.reading(k) {
		return Editing
	}
	before, last := e.text, e.last
	e.last = other
	out := e.command(k, last)
	if e.text != before || out != Editing {
		e.doc.close(e)
	}
	return out
}

// command does what a key is for.
func (e *Editor) command(k Key, last action) Outcome {
	switch {
	case k.Name == "":
		e.write(k.Text, last)
	case k.Name == "paste":
		e.insert(k.Text)
	case k.Name == "C-x" || k.Name == "C-x C-x":
		e.prefix = "C-x"
	case keymap[k.Name] != nil:
		return keymap[k.Name](e, last)
	}
	return Editing
}

// remember keeps the text for undo, before a change; changes of one kind in a row are undone at once.
func (e *Editor) remember(a action) {
	if n := len(e.undos); (a == other || a != e.last) && (n == 0 || e.undos[n-1].text != e.text) {
		e.undos = append(e.undos, version{e.text, e.cursor})
	}
}

// line is where the cursor's line begins and ends.
func (e *Editor) line() (start, end int) { return lineAt(e.text, e.cursor) }

func lineAt(text string, at int) (start, end int) {
	start = strings.LastIndexByte(text[:at], '\n') + 1
	end = len(text)
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	return start, end
}

// nobody is a helper that knows nothing.
type nobody struct{}

func (nobody) Complete(string, int) Completion       { return Completion{} }
func (nobody) Describe(string, int, int) string      { return "" }
func (nobody) Continue(string) (more bool, _ string) { return false, "" }
func (nobody) Highlight(string) []ink.Span           { return nil }
