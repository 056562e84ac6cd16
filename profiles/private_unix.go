//go:build unix

package profiles

import (
	"fmt"
	"os"
	"syscall"
)

// private refuses a connection file that others could have read or written.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("reading the connection file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", f.Name())
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is open to other users (mode %04o), and who reads it can run code on the cluster: `chmod 600 %s`, and restart the cluster if somebody may have read it", f.Name(), info.Mode().Perm(), f.Name())
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if me := os.Geteuid(); ok && me != 0 && int(st.Uid) != me {
		return fmt.Errorf("%s belongs to another user (uid %d): copy it, so that it is yours", f.Name(), st.Uid)
	}
	return nil
}
