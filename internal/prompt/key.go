package prompt

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Key is one press of a key. Keys that do not write have a name, as Emacs has it: "enter", "C-a", "M-b", "C-left"; of a key that
// writes, and of a "paste", Text is what it writes.
type Key struct{ Name, Text string }

// decoder makes keys of what a terminal sends.
type decoder struct{ buf []byte }

const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// next is the next key; ok is false if there is none, or only the beginning of one. With flush nothing follows: what looks like
// a beginning is a key of its own.
func (d *decoder) next(flush bool) (k Key, ok bool) {
	if len(d.buf) == 0 {
		return Key{}, false
	}
	var n int
	switch c := d.buf[0]; {
	case c == 0x1b:
		k, n = escape(d.buf, flush)
	case c < 0x20 || c == 0x7f:
		k, n = Key{Name: control(c)}, 1
	case !utf8.FullRune(d.buf) && !flush:
	default:
		r, size := utf8.DecodeRune(d.buf)
		k, n = Key{Text: string(r)}, size
	}
	d.buf = d.buf[n:]
	return k, n > 0
}

func control(c byte) string {
	switch c {
	case '\r':
		return "enter"
	case '\t':
		return "tab"
	case 0x7f, '\b':
		return "backspace"
	case 0:
		return "C-space"
	}
	return "C-" + strings.ToLower(string(rune(c+'@')))
}

// escape reads what begins with Escape; n is 0 while it may go on.
func escape(buf []byte, flush bool) (k Key, n int) {
	if bytes.HasPrefix(buf, []byte(pasteBegin)) {
		if end := bytes.Index(buf, []byte(pasteEnd)); end >= 0 {
			return Key{"paste", pasted(buf[len(pasteBegin):end])}, end + len(pasteEnd)
		}
		return Key{}, 0 // a paste may take any time
	}
	switch {
	case len(buf) == 1:
	case buf[1] == '[' || buf[1] == 'O':
		if k, n := sequence(buf); n > 0 {
			return k, n
		}
	case buf[1] == 0x1b:
		if k, n := escape(buf[1:], flush); n > 0 {
			return meta(k), n + 1
		}
	case buf[1] < 0x20 || buf[1] == 0x7f:
		return meta(Key{Name: control(buf[1])}), 2
	case utf8.FullRune(buf[1:]) || flush:
		r, size := utf8.DecodeRune(buf[1:])
		return Key{Name: "M-" + string(r)}, 1 + size
	}
	if flush {
		return Key{Name: "esc"}, 1
	}
	return Key{}, 0
}

func meta(k Key) Key {
	if strings.HasPrefix(k.Name, "M-") {
		return k
	}
	return Key{Name: "M-" + k.Name}
}

// pasted is a paste as it is kept: with line ends as Go has them.
func pasted(b []byte) string {
	text := strings.ToValidUTF8(string(b), "\uFFFD")
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

var (
	byLetter = map[byte]string{'A': "up", 'B': "down", 'C': "right", 'D': "left", 'H': "home", 'F': "end", 'Z': "S-tab", 'P': "f1"}
	byNumber = map[string]string{
		"1": "home", "7": "home", "4": "end", "8": "end", "2": "insert", "3": "delete", "5": "pgup", "6": "pgdn", "11": "f1",
	}
	byCode = map[string]string{"9": "tab", "13": "enter", "27": "esc", "127": "backspace"}
)

// sequence reads ESC [ parameters final, or ESC O final; n is 0 if it is not whole.
func sequence(buf []byte) (k Key, n int) {
	for n = 2; n < len(buf); n++ {
		c := buf[n]
		if c == '[' && n == 2 { // the function keys of Linux's console: ESC [ [ A
			if len(buf) < 4 {
				return Key{}, 0
			}
			return Key{Name: map[byte]string{'A': "f1"}[buf[3]]}, 4
		}
		if c < 0x40 || c > 0x7e {
			continue
		}
		number, modifier, _ := strings.Cut(string(buf[2:n]), ";")
		name := byLetter[c]
		switch c {
		case '~':
			name = byNumber[number]
		case 'u':
			name = byCode[number]
		}
		return Key{Name: modified(name, modifier)}, n + 1
	}
	return Key{}, 0
}

// modified adds the keys that are held down: 1 and the sum of 1 for Shift, 2 for Alt, 4 for Control.
func modified(name, modifier string) string {
	bits, err := strconv.Atoi(modifier)
	if name == "" || err != nil || bits < 2 {
		return name
	}
	bits--
	for _, m := range []struct {
		bit  int
		name string
	}{{1, "S-"}, {2, "M-"}, {4, "C-"}} {
		if bits&m.bit != 0 {
			name = m.name + name
		}
	}
	return name
}
