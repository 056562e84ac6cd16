//go:build !unix

package brisk

import "os"

// File is an end of a pipe.
type File struct{ *os.File }

// NewFile returns the file.
func NewFile(f *os.File) (*File, error) { return &File{f}, nil }
