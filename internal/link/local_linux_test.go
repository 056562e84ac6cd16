package link_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// stranger is a user that tests do not run as.
const stranger = 65534

// asStranger has another user do something.
func asStranger(t *testing.T, do func()) {
	t.Helper()
	refused := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine
		const same = ^uintptr(0)
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, same, stranger, same); errno != 0 {
			refused <- errno
			return
		}
		do()
		refused <- nil
	}()
	if err := <-refused; errors.Is(err, syscall.EPERM) {
		t.Skip("only root can be another user")
	} else if err != nil {
		t.Fatal(err)
	}
}

// Even where a directory lets them through, the kernel says who they are.
func TestAnotherUserIsKeptOut(t *testing.T) {
	ln := unixSocket(t)
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	a.Listen(link.ServerConfig{Local: ln}, h)
	open(t, filepath.Dir(pathOf(ln)), pathOf(ln))
	var c net.Conn
	var err error
	asStranger(t, func() { c, err = net.Dial("unix", pathOf(ln)) })
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if n, err := io.Copy(io.Discard, c); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("another user reads %d bytes, then %v", n, err)
	}
}

// A socket that another user has put there, and that leads to the controller, is not used.
func TestAnotherUsersSocketIsNotUsed(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	mine := unixSocket(t)
	s := a.Listen(link.ServerConfig{Local: mine}, h)
	dir, err := os.MkdirTemp("", "l")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	open(t, dir)
	path := filepath.Join(dir, "s")
	var theirs net.Listener
	asStranger(t, func() { theirs, err = net.Listen("unix", path) })
	if err != nil {
		t.Fatal(err)
	}
	newProxyOn(t, theirs, "unix", pathOf(mine))
	a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: newClient(), Local: path})
	if p := next(t, h.up); isLocal(p) {
		t.Errorf("the peer comes from %v", p.RemoteAddr())
	}
}

// open lets everybody use files.
func open(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
}
