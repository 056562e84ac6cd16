//go:build !unix

package spool

import "os"

// private leaves it to the system: a user's temporary directory is the user's alone.
func private(path string) error {
	_, err := os.Stat(path)
	return err
}

// gone reports whether there is no process of this number.
func gone(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return true
	}
	_ = p.Release()
	return false
}

// view reads a file.
func view(path string, f func(data []byte) error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return f(data)
}
