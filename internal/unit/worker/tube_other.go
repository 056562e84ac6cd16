//go:build !linux

package worker

import "os"

// tube is the two pipes from and to the host.
type tube struct{ in, out *os.File }

// newTube uses descriptors of pipes, and keeps them from the processes that the function may start.
func newTube(in, out int) (tube, error) {
	private(in, out)
	t := tube{os.NewFile(uintptr(in), "requests"), os.NewFile(uintptr(out), "replies")}
	_, err := t.in.Stat()
	return t, err
}

func (t tube) Read(b []byte) (int, error)  { return t.in.Read(b) }
func (t tube) Write(b []byte) (int, error) { return t.out.Write(b) }
