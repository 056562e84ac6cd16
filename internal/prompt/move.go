package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/gocluster/gocluster/internal/ink"
)

// left and right move by what is drawn as one character.
func (e *Editor) left() { e.cursor -= lastSize(e.text[:e.cursor]) }

func (e *Editor) right() { e.cursor += firstSize(e.text[e.cursor:]) }

func firstSize(text string) int {
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(text, -1)
	return len(cluster)
}

// lastSize is the size of the last character of a text; only its line is looked at.
func lastSize(text string) int {
	if strings.HasSuffix(text, "\n") {
		return 1
	}
	size := 0
	for rest := text[strings.LastIndexByte(text, '\n')+1:]; rest != ""; rest = rest[size:] {
		size = firstSize(rest)
	}
	return size
}

func inWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// beforeWord is where the word before at begins; of which runes words consist is told by in.
func beforeWord(text string, at int, in func(rune) bool) int {
	at = len(strings.TrimRightFunc(text[:at], func(r rune) bool { return !in(r) }))
	return len(strings.TrimRightFunc(text[:at], in))
}

// afterWord is where the word after at ends.
func afterWord(text string, at int) int {
	rest := strings.TrimLeftFunc(text[at:], func(r rune) bool { return !inWord(r) })
	return len(text) - len(strings.TrimLeftFunc(rest, inWord))
}

func (e *Editor) wordLeft()  { e.cursor = beforeWord(e.text, e.cursor, inWord) }
func (e *Editor) wordRight() { e.cursor = afterWord(e.text, e.cursor) }
func (e *Editor) lineStart() { e.cursor, _ = e.line() }
func (e *Editor) lineEnd()   { _, e.cursor = e.line() }
func (e *Editor) textStart() { e.cursor = 0 }
func (e *Editor) textEnd()   { e.cursor = len(e.text) }

// up moves to the line above; from the first one to an earlier input, and from there to further ones.
func (e *Editor) up(last action) {
	start, _ := e.line()
	if start == 0 || last == browsing {
		e.earlier(last)
		return
	}
	e.climb(last, start-1)
}

func (e *Editor) down(last action) {
	_, end := e.line()
	if end == len(e.text) || last == browsing {
		e.later(last)
		return
	}
	e.climb(last, end+1)
}

// climb moves to the line that at is in, as near to the column as can be.
func (e *Editor) climb(last action, at int) {
	start, end := e.line()
	if last != climbing {
		e.goal = ink.End(ink.Layout(e.text[start:e.cursor]))
	}
	e.last = climbing
	start, end = lineAt(e.text, at)
	e.cursor = end
	for _, g := range ink.Layout(e.text[start:end]) {
		if g.Col+g.Width > e.goal {
			e.cursor = start + g.Off
			return
		}
	}
}

func lastRune(text string) rune {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r
}
