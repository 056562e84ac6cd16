//go:build !unix

package zmtp

import (
	"errors"
	"io"
	"syscall"
)

// canTry is false: all messages are written by the writer.
const canTry = false

func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, errors.ErrUnsupported }

// directReader is not used.
type directReader struct {
	raw  syscall.RawConn
	wait func()
}

func (directReader) Read([]byte) (int, error) { return 0, io.EOF }

func (directReader) read(func() []byte, func()) (int, error) { return 0, io.EOF }
