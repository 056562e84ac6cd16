package magic

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// flags are what has been given to a magic before its other arguments.
type flags struct {
	values map[string]string
	// rest is what follows; it begins at byte at of the arguments.
	rest string
	at   int
}

// readFlags reads a call's flags, "-n 5" or "-n=5". Those in takes have a value, those in bare have none. A lone "-", and "--", end them.
func readFlags(c call, takes, bare []string) (flags, error) {
	f := flags{values: map[string]string{}, rest: c.args}
	for {
		word, after := cutWord(f.rest)
		if word == "--" {
			f.rest = after
			break
		}
		name := strings.TrimLeft(word, "-")
		if name == word || name == "" || len(word)-len(name) > 2 {
			break
		}
		name, value, has := strings.Cut(name, "=")
		switch {
		case slices.Contains(bare, name) && !has:
			value = "true"
		case slices.Contains(takes, name) && !has:
			if value, after = cutWord(after); value == "" {
				return f, wrong(c, "flag -%s needs a value", name)
			}
		case slices.Contains(takes, name):
		default:
			return f, wrong(c, "unknown flag %s", word)
		}
		f.values[name], f.rest = value, after
	}
	f.at = len(c.args) - len(f.rest)
	return f, nil
}

// cutWord cuts the first word off a text.
func cutWord(text string) (word, rest string) {
	text = strings.TrimLeft(text, " \t")
	end := strings.IndexAny(text, " \t")
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimLeft(text[end:], " \t")
}

func (f flags) has(name string) bool { return f.values[name] != "" }

// number is a flag's value, at least 1; 0 if it is not given.
func (f flags) number(c call, name string) (int, error) {
	text, ok := f.values[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, wrong(c, "-%s %s: want a number from 1", name, text)
	}
	return n, nil
}

// duration is a flag's value, or what it is where it is not given.
func (f flags) duration(c call, name string, otherwise time.Duration) (time.Duration, error) {
	text, ok := f.values[name]
	if !ok {
		return otherwise, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, wrong(c, "-%s %s: want a duration such as 100ms or 2s", name, text)
	}
	return d, nil
}

// words are arguments as a shell cuts them: quotes and backslashes keep blanks.
func words(c call, text string) ([]string, error) {
	var out []string
	var word strings.Builder
	var quote rune
	begun, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' || quote == 0 && r != ' ' && r != '\'' && r != '"' && r != '\\' {
				word.WriteRune('\\') // so that names of Windows need no care
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, begun = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case r == ' ' || r == '\t':
			if begun {
				out = append(out, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, wrong(c, "the quote %c is not closed", quote)
	}
	if escaped {
		word.WriteRune('\\')
	}
	if begun {
		out = append(out, word.String())
	}
	return out, nil
}

// oneFile is the file that is a magic's only argument.
func oneFile(c call, text string) (string, error) {
	names, err := words(c, text)
	if err != nil {
		return "", err
	}
	if len(names) != 1 {
		return "", wrong(c, "it takes one file, got %d", len(names))
	}
	return names[0], nil
}
