package controller

import (
	"errors"
	"net"
	"os"

	"github.com/gocluster/gocluster/internal/zmtp"
)

// socketName is the name of the controller's Unix socket in its directory for large values, which is this user's alone and goes with it.
const socketName = "ipc"

// socketPath is how long the path of a Unix socket may be on every system.
const socketPath = 100

// listenLocally listens on a Unix socket. Where that is not possible all come over TCP.
func (c *Controller) listenLocally() net.Listener {
	if c.spool == nil || !zmtp.LocalWorks {
		return nil
	}
	path := c.spool.PathOf(socketName)
	if len(path) > socketPath {
		c.log.Warn("processes of this machine connect over TCP: the path of the Unix socket would be too long", "path", path)
		return nil
	}
	ln, err := net.Listen("unix", path)
	if err == nil {
		if err = os.Chmod(path, 0o600); err != nil {
			err = errors.Join(err, ln.Close())
		}
	}
	if err != nil {
		c.log.Warn("processes of this machine connect over TCP", "err", err)
		return nil
	}
	c.local = path
	return ln
}
