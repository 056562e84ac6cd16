package command

import (
	"os"

	"golang.org/x/term"
)

// readPassword reads a line without echo; ok is false where f is no terminal.
func readPassword(f *os.File) (text string, ok bool, err error) {
	if !isTerminal(f) {
		return "", false, nil
	}
	b, err := term.ReadPassword(int(f.Fd()))
	return string(b), true, err
}
