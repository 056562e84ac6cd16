package profiles

import (
	"fmt"
	"os"
)

// private is content with what Windows gives files in a user's folders: nobody else may read them.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("reading the connection file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", f.Name())
	}
	return nil
}
