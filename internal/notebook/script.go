package notebook

import "strings"

// Marker begins the line that begins a cell of a script. The rest of that line is a title; "[markdown]" in it makes the cell one
// of text, whose lines are comments.
const Marker = "// %%"

// ParseScript cuts a script into its cells. What stands before the first marker is a cell of its own. Each cell knows the
// line at which it begins, so that an error has the position in the file.
func ParseScript(src string) *Notebook {
	n := New()
	kind, first := Code, 1
	var body []string
	flush := func() {
		addScriptCell(n, kind, first, body)
		body = nil
	}
	for i, line := range strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n") {
		switch {
		case i == 0 && strings.HasPrefix(line, "#!"):
			body = append(body, "")
		case isMarker(line):
			flush()
			kind, first = markerKind(line), i+2
		default:
			body = append(body, line)
		}
	}
	flush()
	return n
}

// isMarker: "// %%" alone or with a title after a space or a bracket; "// %%%" is jupytext's marker of a sub-cell.
func isMarker(line string) bool { return strings.HasPrefix(line, Marker) }

func markerKind(line string) Kind {
	for word := range strings.FieldsSeq(line) {
		switch word {
		case "[markdown]", "[md]":
			return Markdown
		case "[raw]":
			return Raw
		}
	}
	return Code
}

// addScriptCell adds the cell if there is anything in it. Blank lines around it are not part of it.
func addScriptCell(n *Notebook, kind Kind, first int, body []string) {
	for len(body) > 0 && strings.TrimSpace(body[0]) == "" {
		body, first = body[1:], first+1
	}
	for len(body) > 0 && strings.TrimSpace(body[len(body)-1]) == "" {
		body = body[:len(body)-1]
	}
	if len(body) == 0 {
		return
	}
	if kind != Code {
		body = uncomment(body)
	}
	n.Add(kind, strings.Join(body, "\n")).Line = first
}

// uncomment strips the comment signs from lines of text: "// " at each line, or /* and */ around all.
func uncomment(body []string) []string {
	text := strings.Join(body, "\n")
	if inner, ok := strings.CutPrefix(text, "/*"); ok && strings.HasSuffix(inner, "*/") {
		return strings.Split(strings.Trim(strings.TrimSuffix(inner, "*/"), "\n"), "\n")
	}
	out := make([]string, len(body))
	for i, line := range body {
		rest, ok := strings.CutPrefix(line, "//")
		if ok {
			rest = strings.TrimPrefix(rest, " ")
		}
		out[i] = rest
	}
	return out
}
