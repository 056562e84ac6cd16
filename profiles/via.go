package profiles

import (
	"context"
	"net"
	"time"

	"github.com/gocluster/gocluster/internal/ssh"
)

// Via is a host that connections go through where they cannot be made directly, and how ssh is used to reach it.
type Via struct {
	Host    string   `json:"host"`
	Command string   `json:"command,omitempty"`
	Config  string   `json:"config,omitempty"`
	Options []string `json:"options,omitempty"`
	// Always says that nothing is tried without it.
	Always bool `json:"always,omitempty"`
}

// NewVia is the way through a host, with ssh as the settings say.
func NewVia(host string, s SSHSettings) *Via {
	return &Via{Host: host, Command: s.Command, Config: s.ConfigFile(), Options: s.Options}
}

// SSH is the host.
func (v *Via) SSH() *ssh.Host {
	return ssh.New(ssh.Config{Command: v.Command, File: v.Config, Options: v.Options}, v.Host)
}

// directTime bounds a try to connect directly.
const directTime = 2 * time.Second

// Dial connects to a controller's address. It does not know yet whether what goes through the host arrives: reading tells.
func (v *Via) Dial(ctx context.Context, addr string) (net.Conn, error) {
	if !v.Always && !onLoopback(addr) {
		d := net.Dialer{Timeout: directTime}
		if c, err := d.DialContext(ctx, "tcp", addr); err == nil {
			return c, nil
		}
	}
	return v.SSH().Dial(ctx, addr)
}

// onLoopback reports whether an address means the machine that it was written on.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
