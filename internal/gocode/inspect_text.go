package gocode

import (
	"go/doc/comment"
	"strings"
)

// maxDoc is the length from which only the first paragraph of a comment is shown where not the whole is asked for.
const maxDoc = 800

// info writes a note.
func (n note) info() Info {
	d := new(comment.Parser).Parse(n.doc)
	more := false
	if !n.full && len(n.doc) > maxDoc && len(d.Content) > 1 {
		d.Content, more = d.Content[:1], true
	}
	p := &comment.Printer{DocLinkBaseURL: "https://pkg.go.dev", HeadingLevel: 4, HeadingID: func(*comment.Heading) string { return "" }}
	text, md := strings.TrimSpace(string(p.Text(d))), strings.TrimSpace(string(p.Markdown(d)))
	if more {
		text += "\n\n..."
		md += "\n\n..."
	}
	i := Info{Text: n.signature, Markdown: fenced("go", n.signature)}
	for _, part := range [][2]string{{text, md}, {n.where, n.where}} {
		if part[0] != "" {
			i.Text += "\n\n" + part[0]
			i.Markdown += "\n\n" + part[1]
		}
	}
	if extra := strings.TrimSpace(n.extra); extra != "" {
		i.Text += "\n\n" + extra
		i.Markdown += "\n\n" + fenced("go", extra)
	}
	return i
}

// builtinDocs say what Go's own functions do.
var builtinDocs = map[string]string{
	"append":  "adds elements to the end of a slice and returns the slice, which may have moved: s = append(s, x).",
	"cap":     "returns the capacity of a slice, an array or a channel.",
	"clear":   "removes all entries of a map, or sets all elements of a slice to zero.",
	"close":   "closes a channel: what was sent is still received, then come zero values. Only the sender closes.",
	"complex": "makes a complex number of its real and imaginary parts.",
	"copy":    "copies elements from one slice to another, as many as the shorter has, and returns their number.",
	"delete":  "removes a key from a map; it does nothing if the key is not there.",
	"imag":    "returns the imaginary part of a complex number.",
	"len":     "returns the number of bytes of a string, of elements of a slice, array or map, or of values waiting in a channel.",
	"make":    "makes a slice, map or channel: make([]int, length, capacity), make(map[string]int), make(chan int, buffer).",
	"max":     "returns the largest of its arguments.",
	"min":     "returns the smallest of its arguments.",
	"new":     "makes a variable and returns its address: of a type with the zero value, or with the value of an expression.",
	"panic":   "stops the function and its callers, running what they deferred; recover ends that.",
	"print":   "writes to standard error, for finding bugs; package fmt prints for people.",
	"println": "writes a line to standard error, for finding bugs; package fmt prints for people.",
	"real":    "returns the real part of a complex number.",
	"recover": "called by a deferred function, ends a panic and returns its value; nil if there is none.",
}

// keywords say what Go's keywords are for.
var keywords = map[string]string{
	"break":       "Ends the innermost for, switch or select, or the one that has the label.",
	"case":        "Begins a branch of a switch or select.",
	"chan":        "The type of channels: chan T, or <-chan T for receiving and chan<- T for sending only.",
	"const":       "Declares constants. In a group, iota counts the lines.",
	"continue":    "Goes on with the next round of the innermost for, or of the one that has the label.",
	"default":     "The branch of a switch or select that is taken if no other is.",
	"defer":       "Calls a function when the surrounding one returns, also by a panic. The arguments are evaluated now.",
	"else":        "What is done if the condition of the if is false.",
	"fallthrough": "Goes on with the next case's statements.",
	"for":         "The loop: for {}, for cond {}, for init; cond; post {}, for k, v := range x {}, for i := range n {}.",
	"func":        "Declares a function or a method, or makes a function value.",
	"go":          "Calls a function in a new goroutine.",
	"goto":        "Goes on at a label of the same function.",
	"if":          "Does something if a condition is true: if x := f(); x > 0 { ... } else { ... }.",
	"import":      "Makes packages usable. In a cell what the standard library has is imported by use.",
	"interface":   "A type given by its methods: interface { Read(p []byte) (n int, err error) }; as a constraint, also by a set of types.",
	"map":         "The type of maps: map[K]V.",
	"package":     "Names the package that a file belongs to. A cell needs none.",
	"range":       "Loops over a slice, array, string, map, channel, integer or function.",
	"return":      "Ends a function with its results.",
	"select":      "Waits for one of several channel operations.",
	"struct":      "A type made of fields: struct { Name string; Age int }.",
	"switch":      "Chooses one of several branches by a value, by conditions, or by a type: switch x := v.(type) { ... }.",
	"type":        "Declares a type: type T struct { ... }, or type A = B for another name.",
	"var":         "Declares variables: var x int, var x = 1.",
}
