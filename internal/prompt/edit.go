package prompt

import "strings"

// replace puts text in the place of what is between two offsets, with the cursor behind it.
func (e *Editor) replace(from, to int, text string) {
	e.text = e.text[:from] + text + e.text[to:]
	e.cursor = from + len(text)
}

func (e *Editor) insert(text string) {
	e.remember(other)
	e.replace(e.cursor, e.cursor, text)
}

// write writes what was typed. A closing bracket that begins a line is indented like the line of the opening one.
func (e *Editor) write(text string, last action) {
	e.last = last
	if lastRune(e.text[:e.cursor]) == ' ' && text != " " {
		e.last = other // undo goes word by word
	}
	e.remember(writing)
	start, _ := e.line()
	if head := e.text[start:e.cursor]; strings.Contains("})]", text) && strings.TrimSpace(head) == "" && strings.HasSuffix(head, "\t") {
		e.replace(e.cursor-1, e.cursor, "")
	}
	e.replace(e.cursor, e.cursor, text)
	e.last = writing
	switch {
	case text == "(":
		e.hint()
	case text == ")" && e.doc != nil && e.doc.hint:
		e.doc = nil
	}
}

// enter runs a text that is whole; else, or above its last line, it begins a new line.
func (e *Editor) enter(action) Outcome {
	rest := strings.TrimSpace(e.text[e.cursor:])
	if rest != "" && strings.Contains(e.text[e.cursor:], "\n") {
		e.newline()
		return Editing
	}
	more, indent := e.helper.Continue(e.text)
	if !more {
		e.cursor = len(e.text)
		return Accepted
	}
	if rest != "" {
		e.newline()
		return Editing
	}
	e.text = e.text[:e.cursor] + strings.TrimRight(e.text[e.cursor:], " \t\n")
	e.insert("\n" + indent)
	return Editing
}

// newline begins a line that is indented like this one, and more so after an opening bracket.
func (e *Editor) newline() {
	start, _ := e.line()
	head := e.text[start:e.cursor]
	indent := head[:len(head)-len(strings.TrimLeft(head, " \t"))]
	if strings.ContainsRune("{([", lastRune(strings.TrimRight(head, " \t"))) {
		indent += "\t"
	}
	e.insert("\n" + indent)
}

// dedent takes a step of indentation off the line.
func (e *Editor) dedent() {
	start, _ := e.line()
	for _, step := range []string{"\t", "    ", "  ", " "} {
		if strings.HasPrefix(e.text[start:], step) {
			e.remember(other)
			e.text = e.text[:start] + e.text[start+len(step):]
			e.cursor = max(start, e.cursor-len(step))
			return
		}
	}
}

func (e *Editor) deleteOrEnd(last action) Outcome {
	if e.text == "" {
		return Ended
	}
	e.delete(last)
	return Editing
}

func (e *Editor) backspace(last action) {
	e.erase(last, e.cursor-lastSize(e.text[:e.cursor]), e.cursor)
}

func (e *Editor) delete(last action) {
	e.erase(last, e.cursor, e.cursor+firstSize(e.text[e.cursor:]))
}

func (e *Editor) erase(last action, from, to int) {
	if from == to {
		return
	}
	e.last = last
	e.remember(erasing)
	e.replace(from, to, "")
	e.last = erasing
}

// kill erases text that can be yanked. Kills in a row are one.
func (e *Editor) kill(last action, from, to int) {
	e.last = killing
	if from == to {
		return
	}
	text := e.text[from:to]
	n := len(e.kills)
	switch {
	case last != killing || n == 0:
		e.kills = append(e.kills, text)
	case from < e.cursor:
		e.kills[n-1] = text + e.kills[n-1]
	default:
		e.kills[n-1] += text
	}
	e.last = other
	e.remember(killing)
	e.replace(from, to, "")
	e.last = killing
}

func (e *Editor) killBlankWord(last action) {
	blank := func(r rune) bool { return r != ' ' && r != '\t' && r != '\n' }
	e.kill(last, beforeWord(e.text, e.cursor, blank), e.cursor)
}

func (e *Editor) killWordLeft(last action) {
	e.kill(last, beforeWord(e.text, e.cursor, inWord), e.cursor)
}

func (e *Editor) killWordRight(last action) {
	e.kill(last, e.cursor, afterWord(e.text, e.cursor))
}

func (e *Editor) killToStart(last action) {
	start, _ := e.line()
	e.kill(last, start, e.cursor)
}

// killToEnd kills to the line's end; there, the line end itself.
func (e *Editor) killToEnd(last action) {
	_, end := e.line()
	if end == e.cursor {
		end = min(end+1, len(e.text))
	}
	e.kill(last, e.cursor, end)
}

func (e *Editor) yank() {
	if len(e.kills) == 0 {
		return
	}
	e.insert(e.kills[len(e.kills)-1])
	e.yanked, e.last = 0, yanking
}

// yankEarlier replaces what was just yanked by what was killed before it.
func (e *Editor) yankEarlier(last action) {
	n := len(e.kills)
	if last != yanking || n == 0 {
		return
	}
	now := e.kills[n-1-e.yanked]
	e.yanked = (e.yanked + 1) % n
	e.replace(e.cursor-len(now), e.cursor, e.kills[n-1-e.yanked])
	e.last = yanking
}

func (e *Editor) undo() {
	for n := len(e.undos); n > 0; n = len(e.undos) {
		v := e.undos[n-1]
		e.undos = e.undos[:n-1]
		if v.text != e.text {
			e.redos = append(e.redos, undone{v, version{e.text, e.cursor}})
			e.text, e.cursor = v.text, v.cursor
			return
		}
	}
}

// redo takes the latest undo back, unless the text was changed since.
func (e *Editor) redo() {
	n := len(e.redos)
	if n == 0 {
		return
	}
	r := e.redos[n-1]
	if e.redos = e.redos[:n-1]; r.from.text != e.text {
		e.redos = nil
		return
	}
	e.undos = append(e.undos, version{e.text, e.cursor})
	e.text, e.cursor = r.to.text, r.to.cursor
}
