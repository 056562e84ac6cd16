package native

import "strings"

// MissingError is something that the native tier needs and this machine or executable lacks.
type MissingError struct {
	What   string // what is missing, in a few words
	Why    string // what was looked at, if that says more
	Remedy string // what to do
}

func (e *MissingError) Error() string {
	var b strings.Builder
	b.WriteString(e.What)
	if e.Why != "" {
		b.WriteString(" (" + e.Why + ")")
	}
	if e.Remedy != "" {
		b.WriteString(": " + e.Remedy)
	}
	return b.String()
}
