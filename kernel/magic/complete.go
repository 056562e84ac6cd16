package magic

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/gocluster/gocluster/internal/gocode"
)

// Assistant is who knows the Go of a session. It may be asked while a cell runs.
type Assistant interface {
	Complete(src string, cursor int) gocode.Completion
	Inspect(src string, cursor, level int) (gocode.Info, bool)
	// Dir is the session's working directory.
	Dir() string
}

// The kinds of completions in what is not Go.
const (
	kindMagic gocode.Kind = "magic"
	kindPath  gocode.Kind = "path"
	kindFlag  gocode.Kind = "flag"
)

// place is what the cursor of a cell is in.
type place struct {
	line string // up to the cursor, if it is a line with a magic
	call *call  // its magic, or the cell magic above
	body bool   // below a cell magic
	code string // the cell with blanks where it is not Go
}

// locate finds out what the cursor is in.
func locate(src string, cursor int) place {
	start := strings.LastIndexByte(src[:cursor], '\n') + 1
	code := []byte(src)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if code[i] != '\n' {
				code[i] = ' '
			}
		}
	}
	at := place{}
	offset := 0
	for line := range strings.Lines(src) {
		from := offset
		offset += len(line)
		if !looksMagic(line) || inside(string(code[:from])) {
			continue
		}
		c := parse(line)
		blank(from, from+min(c.col, len(line)))
		here := from == start
		if c.cell || !here && !goes(c.name) {
			blank(from, offset)
		}
		if here {
			at.line, at.call = src[start:cursor], &c
		}
		if c.cell && strings.TrimSpace(string(code[:from])) == "" {
			if !here && cursor > from {
				at.call, at.body = &c, true
			}
			break
		}
	}
	at.code = string(code)
	return at
}

// goes reports whether a magic's arguments or cell are Go.
func goes(name string) bool {
	switch name {
	case "native", "bench", "test":
		return true
	}
	return strings.HasSuffix(commands[name].args, "GO")
}

// Complete lists what may stand at a cursor, a byte offset: Go, names of magics, what they take, and file names.
func Complete(a Assistant, src string, cursor int) gocode.Completion {
	cursor = max(0, min(cursor, len(src)))
	at := locate(src, cursor)
	switch {
	case at.call == nil || at.body && goes(at.call.name):
		return completeGo(a, at.code, cursor)
	case at.body && at.call.name == "writefile":
		return gocode.Completion{Start: cursor, End: cursor}
	case at.body:
		return fileNames(a.Dir(), lastWord(src[strings.LastIndexByte(src[:cursor], '\n')+1:cursor]), cursor)
	}
	return completeLine(a, at, src, cursor)
}

func completeGo(a Assistant, src string, cursor int) gocode.Completion {
	c := a.Complete(src, cursor)
	if c.Text != nil {
		return fileNames(a.Dir(), *c.Text, cursor)
	}
	return c
}

// completeLine completes in a line with a magic.
func completeLine(a Assistant, at place, src string, cursor int) gocode.Completion {
	line := strings.TrimLeftFunc(at.line, unicode.IsSpace)
	word := strings.TrimLeft(line, "%")
	signs := len(line) - len(word)
	if signs > 0 && !strings.ContainsAny(word, " \t") {
		return magicNames(word, signs > 1, cursor)
	}
	m := commands[at.call.name]
	last := lastWord(at.line)
	c := gocode.Completion{Start: cursor - len(last), End: cursor}
	switch {
	case strings.HasPrefix(last, "-"):
		c.Items = beginning(last, kindFlag, flagsOf(m)...)
		return c
	case goes(at.call.name) && !at.call.cell:
		return completeGo(a, at.code, cursor)
	case at.call.name == "help":
		c.Items = beginning(last, kindMagic, Names()...)
	case at.call.name == "who":
		c.Items = a.Complete(last, len(last)).Items
	case m.files && (at.call.name != "mod" || strings.Contains(strings.TrimSpace(line), " ") && last != strings.TrimSpace(at.call.args)):
		return fileNames(a.Dir(), last, cursor)
	default:
		c.Items = beginning(last, gocode.KindKeyword, wordsOf(m)...)
	}
	return c
}

// magicNames completes the name of a magic.
func magicNames(prefix string, cell bool, cursor int) gocode.Completion {
	c := gocode.Completion{Start: cursor - len(prefix), End: cursor}
	for _, name := range Names() {
		if m := commands[name]; strings.HasPrefix(name, prefix) && (cell && m.cell || !cell && m.line) {
			c.Items = append(c.Items, gocode.Item{Text: name, Kind: kindMagic, Signature: strings.TrimSpace(m.args + "  " + m.doc)})
		}
	}
	return c
}

func beginning(prefix string, kind gocode.Kind, texts ...string) []gocode.Item {
	var out []gocode.Item
	for _, t := range texts {
		if strings.HasPrefix(t, prefix) {
			out = append(out, gocode.Item{Text: t, Kind: kind})
		}
	}
	return out
}

var (
	flag    = regexp.MustCompile(`(?:^|[\s\[|])(--?[a-z]+(?:-[a-z]+)*)\b`)
	literal = regexp.MustCompile(`\b[a-z]{2,}\b`)
)

// flagsOf are the flags in a magic's synopsis.
func flagsOf(m command) []string {
	var out []string
	for _, f := range flag.FindAllStringSubmatch(m.args, -1) {
		out = append(out, f[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// wordsOf are the words that a magic's synopsis has as they are.
func wordsOf(m command) []string {
	var out []string
	for _, at := range literal.FindAllStringIndex(m.args, -1) {
		if at[0] == 0 || m.args[at[0]-1] != '-' && m.args[at[0]-1] != '.' {
			out = append(out, m.args[at[0]:at[1]])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lastWord is what stands behind the last blank of a line.
func lastWord(line string) string {
	return line[strings.LastIndexAny(line, " \t=<>|&;!\"'")+1:]
}

// Inspect describes what is at a cursor; more so at level 1.
func Inspect(a Assistant, src string, cursor, level int) (gocode.Info, bool) {
	cursor = max(0, min(cursor, len(src)))
	at := locate(src, cursor)
	if at.call == nil || at.body {
		return a.Inspect(at.code, cursor, level)
	}
	if goes(at.call.name) && strings.TrimSpace(at.code[:cursor]) != "" {
		if i, ok := a.Inspect(at.code, cursor, level); ok {
			return i, true
		}
	}
	text, err := about(at.call.name)
	if err != nil {
		return gocode.Info{}, false
	}
	return gocode.Info{Text: text, Markdown: "```\n" + text + "```"}, true
}
