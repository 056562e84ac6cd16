package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// Connection is what a connection file says: where a kernel listens and how messages are signed.
type Connection struct {
	Transport       string `json:"transport"`
	IP              string `json:"ip"`
	ShellPort       int    `json:"shell_port"`
	IOPubPort       int    `json:"iopub_port"`
	StdinPort       int    `json:"stdin_port"`
	ControlPort     int    `json:"control_port"`
	HeartbeatPort   int    `json:"hb_port"`
	Key             string `json:"key"`
	SignatureScheme string `json:"signature_scheme"`
	KernelName      string `json:"kernel_name,omitempty"`
}

// ReadConnection reads a connection file.
func ReadConnection(path string) (*Connection, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no connection file %s: Jupyter writes one when it starts a kernel; try `jupyter console --kernel=go`", path)
	} else if err != nil {
		return nil, err
	}
	c := &Connection{Transport: "tcp", IP: "127.0.0.1"}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("connection file %s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("connection file %s: %w", path, err)
	}
	return c, nil
}

func (c *Connection) check() error {
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return fmt.Errorf("transport is %q; want tcp or ipc", c.Transport)
	}
	if _, err := NewSigner(c.SignatureScheme, c.Key); err != nil {
		return err
	}
	byPort := map[int]string{}
	for name, port := range map[string]int{"shell_port": c.ShellPort, "iopub_port": c.IOPubPort, "stdin_port": c.StdinPort, "control_port": c.ControlPort, "hb_port": c.HeartbeatPort} {
		if port < 1 || port > 65535 {
			return fmt.Errorf("%s is %d; want a port, 1 to 65535", name, port)
		}
		if other, twice := byPort[port]; twice {
			return fmt.Errorf("%s and %s are both %d", min(name, other), max(name, other), port)
		}
		byPort[port] = name
	}
	return nil
}

// bindPatience is how long a port may still belong to the kernel that a restart replaces.
const bindPatience = 5 * time.Second

// listen opens one of the connection's ports.
func (c *Connection) listen(ctx context.Context, port int) (net.Listener, error) {
	network, addr := "tcp", net.JoinHostPort(c.host(), strconv.Itoa(port))
	if c.Transport == "ipc" {
		network, addr = "unix", fmt.Sprintf("%s-%d", c.IP, port)
		if err := removeStale(addr); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, bindPatience)
	defer cancel()
	var lc net.ListenConfig
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		ln, err := lc.Listen(ctx, network, addr)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return ln, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

func (c *Connection) host() string {
	if c.IP == "*" {
		return ""
	}
	return c.IP
}

// removeStale removes the socket file of a kernel that is gone.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("%s is in the way: it is not a socket", path)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		_ = conn.Close()
		return fmt.Errorf("%s: another kernel listens there", path)
	}
	return os.Remove(path)
}
