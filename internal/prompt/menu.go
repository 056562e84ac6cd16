package prompt

import "strings"

// menu is an open completion menu.
type menu struct {
	Completion
	selected int
}

// tab completes; where nothing is written on the line, it indents. What can be completed in one way is.
func (e *Editor) tab() {
	start, _ := e.line()
	if strings.TrimSpace(e.text[start:e.cursor]) == "" {
		e.insert("\t")
		return
	}
	c := e.completion()
	switch len(c.Items) {
	case 0:
	case 1:
		e.take(c, c.Items[0])
	default:
		if common := commonPrefix(c.Items); len(common) > c.End-c.Start && strings.HasPrefix(common, e.text[c.Start:c.End]) {
			e.remember(other)
			e.replace(c.Start, c.End, common)
			c = e.completion()
		}
		e.doc = nil
		e.menu = &menu{Completion: c}
	}
}

func (e *Editor) completion() Completion {
	c := e.helper.Complete(e.text, e.cursor)
	c.Start = max(0, min(c.Start, e.cursor))
	c.End = max(c.Start, min(c.End, len(e.text)))
	return c
}

func (e *Editor) take(c Completion, item Candidate) {
	e.remember(other)
	e.replace(c.Start, c.End, item.Text)
}

func commonPrefix(items []Candidate) string {
	common := items[0].Text
	for _, i := range items[1:] {
		for !strings.HasPrefix(i.Text, common) {
			common = common[:len(common)-lastSize(common)]
		}
	}
	return common
}

// choosing handles a key while the menu is open; it reports false for one that closes the menu and is to be handled as any other.
func (e *Editor) choosing(k Key) bool {
	m := e.menu
	n := len(m.Items)
	switch k.Name {
	case "tab", "down", "C-n":
		m.selected = (m.selected + 1) % n
	case "S-tab", "up", "C-p":
		m.selected = (m.selected + n - 1) % n
	case "pgdn":
		m.selected = min(m.selected+menuRows, n-1)
	case "pgup":
		m.selected = max(m.selected-menuRows, 0)
	case "enter":
		e.take(m.Completion, m.Items[m.selected])
		e.menu = nil
	case "esc", "C-g", "C-c":
		e.menu = nil
	case "":
		e.menu = nil
		if strings.ContainsFunc(k.Text, inWord) {
			e.write(k.Text, e.last)
			e.narrow(m.Items[m.selected])
			return true
		}
		return false
	case "backspace":
		e.menu = nil
		if e.cursor > m.Start {
			e.backspace(e.last)
			e.narrow(m.Items[m.selected])
			return true
		}
		return false
	default:
		e.menu = nil
		return false
	}
	return true
}

// narrow opens the menu again, for what is written now.
func (e *Editor) narrow(selected Candidate) {
	c := e.completion()
	if len(c.Items) == 0 {
		return
	}
	e.menu = &menu{Completion: c}
	for i, item := range c.Items {
		if item == selected {
			e.menu.selected = i
		}
	}
}

// doc is what is shown about a name, below the text.
type doc struct {
	lines []string
	at    int // where it was asked
	level int
	top   int
	// hint is set for a line that comes without being asked for; keys pass it.
	hint bool
}

func (d *doc) close(e *Editor) {
	if d != nil && e.doc == d && !(d.hint && e.cursor > d.at) {
		e.doc = nil
	}
}

// describe shows what is at the cursor; where that is shown already, all about it.
func (e *Editor) describe() {
	level := 0
	if e.doc != nil && !e.doc.hint && e.doc.at == e.cursor {
		level = 1 - e.doc.level
	}
	text := e.helper.Describe(e.text, e.cursor, level)
	if text == "" {
		text, level = "nothing is known of what is here", 1
	}
	e.doc = &doc{lines: strings.Split(strings.TrimSpace(text), "\n"), at: e.cursor, level: level}
}

// hint shows the signature of the function whose call has just been opened.
func (e *Editor) hint() {
	at := e.cursor - 1
	if !inWord(lastRune(e.text[:at])) {
		return
	}
	text, _, _ := strings.Cut(strings.TrimSpace(e.helper.Describe(e.text, at, 0)), "\n")
	if strings.Contains(text, "(") {
		e.doc = &doc{lines: []string{text}, at: at, hint: true}
	}
}

// reading handles the keys of an open description.
func (e *Editor) reading(k Key) bool {
	d := e.doc
	if d == nil || d.hint {
		return false
	}
	switch k.Name {
	case "pgdn":
		d.top = max(0, min(d.top+menuRows, len(d.lines)-menuRows))
	case "pgup":
		d.top = max(0, d.top-menuRows)
	case "esc", "C-g":
		e.doc = nil
	default:
		return false
	}
	return true
}
