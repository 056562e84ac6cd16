//go:build !unix

package native

import "os"

func interrupt(p *os.Process) error { return p.Kill() }

// tryLock locks nothing: there are no plugins here, so nothing to build.
func tryLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
