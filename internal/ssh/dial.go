package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"sync"

	"github.com/gocluster/gocluster/internal/group"
)

// Dial connects to an address by way of the host, which makes the connection. That it cannot is known when the connection is read from.
func (h *Host) Dial(_ context.Context, addr string) (net.Conn, error) {
	// The connection outlives the call.
	ctx, cancel := context.WithCancel(context.Background())
	args := append(h.args(false), "-o", "ExitOnForwardFailure=yes", "-W", addr, "--", h.target)
	cmd := exec.CommandContext(ctx, h.cfg.Command, args...)
	cmd.WaitDelay = waitDelay
	ownGroup(cmd)
	ours, theirs := net.Pipe()
	c := &conn{Conn: ours, h: h, cancel: cancel, ended: make(chan struct{}), group: group.New(ctx)}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, &c.said
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, h.Explain(ctx, err, "")
	}
	err := c.group.Go("ssh -W", func(context.Context) error {
		defer close(c.ended)
		c.err = cmd.Wait()
		return theirs.Close()
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return c, nil
}

// conn is a connection through an ssh process.
type conn struct {
	net.Conn
	h      *Host
	cancel context.CancelFunc
	once   sync.Once
	group  *group.Group

	ended chan struct{} // closed when the process has ended; then these are set:
	err   error
	said  bytes.Buffer
}

// Read reads; where the process has failed, it says how.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.failure(err)
}

// Write writes; where the process has failed, it says how.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.failure(err)
}

func (c *conn) failure(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	select {
	case <-c.ended:
	default:
		return err // we have closed it
	}
	var exit *exec.ExitError
	if errors.As(c.err, &exit) && exit.ExitCode() > 0 {
		return c.h.Explain(context.Background(), c.err, c.said.String())
	}
	return err
}

// Close ends the process.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.cancel)
	return err
}
