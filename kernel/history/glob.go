package history

import (
	"regexp"
	"strings"
)

// compile makes a regular expression of a glob as SQLite, whose rules Jupyter's clients expect, reads it: * is any text,
// ? any character, [abc], [a-z] and [^a] one of a set; there is no escape but a set.
func compile(glob string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '[':
			set, n := bracket(glob[i:])
			b.WriteString(set)
			i += n - 1
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	b.WriteString(`\z`)
	g, err := regexp.Compile(b.String())
	if err != nil { // such as the range z-a, or bytes that are no UTF-8
		return regexp.MustCompile(`\A` + regexp.QuoteMeta(strings.ToValidUTF8(glob, "\uFFFD")) + `\z`)
	}
	return g
}

// bracket translates the set at the beginning of glob and says how many bytes it takes. A bracket that is not closed
// stands for itself.
func bracket(glob string) (set string, n int) {
	body := glob[1:]
	not := ""
	if strings.HasPrefix(body, "^") {
		not, body = "^", body[1:]
	}
	end := strings.IndexByte(body[min(1, len(body)):], ']')
	if end < 0 {
		return `\[`, 1
	}
	end++
	inner := strings.NewReplacer(`\`, `\\`, `]`, `\]`, `[`, `\[`, `^`, `\^`).Replace(body[:end])
	return "[" + not + inner + "]", 1 + len(not) + end + 1
}
