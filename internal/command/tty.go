package command

import (
	"os"

	"golang.org/x/term"
)

func isTTY(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// readPassword reads a line without echo; ok is false where f is no terminal.
func readPassword(f *os.File) (text string, ok bool, err error) {
	if !isTTY(f) {
		return "", false, nil
	}
	b, err := term.ReadPassword(int(f.Fd()))
	return string(b), true, err
}
