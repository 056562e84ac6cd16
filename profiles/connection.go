package profiles

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// ConnectionEnv is the environment variable that names a client's connection file to use where no profile is named.
const ConnectionEnv = "GOCLUSTER_CONNECTION"

// InvitationPrefix begins the text of every invitation.
const InvitationPrefix = "gcjoin"

var clusterForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// ErrNotRunning is wrapped by the error about a connection file that is not there: no controller runs.
var ErrNotRunning = errors.New("no cluster is running")

// ConnFile is a connection file: how a peer of one role finds a controller and is let in. It holds a private key.
type ConnFile struct {
	Cluster string `json:"cluster"`
	Role    string `json:"role"`
	// Addrs are the controller's addresses, host:port, to be tried in order.
	Addrs []string `json:"addrs"`
	// Local is the path of the controller's Unix socket for processes of its user on its machine; empty: there is none.
	Local string `json:"local,omitempty"`
	// CA, Cert and Key are PEM texts: whom to trust, and who one is.
	CA   string `json:"ca"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
	// Host and PID are the controller's.
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	// Version is the protocol's.
	Version int `json:"version"`
	// Via is the way to a controller that was started on another host over SSH.
	Via *Via `json:"via,omitempty"`
	// Path is where the file was read, empty if it was not.
	Path string `json:"-"`
}

// ClientTLS is how the file's owner connects: TLS 1.3, trusting this cluster's controller and nobody else.
func (c *ConnFile) ClientTLS() (*tls.Config, error) {
	cert, err := tls.X509KeyPair([]byte(c.Cert), []byte(c.Key))
	if err != nil {
		return nil, c.damaged("its certificate and key: " + err.Error())
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(c.CA)) {
		return nil, c.damaged("there is no certificate in ca")
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{cert},
		RootCAs:      pool,
		ServerName:   c.Cluster,
	}, nil
}

func (c *ConnFile) damaged(what string) error {
	path := c.Path
	if path == "" {
		path = "the connection file"
	}
	return fmt.Errorf("%s is damaged (%s): restart the cluster, which writes it anew, or copy it again", path, what)
}

// Check reports what is wrong with a connection that was read, or received.
func (c *ConnFile) Check() error {
	switch {
	case c.Version != proto.Version:
		return fmt.Errorf("%s is of protocol version %d, this program speaks %d: use the same version of gocluster on both sides", c.Path, c.Version, proto.Version)
	case !clusterForm.MatchString(c.Cluster):
		return c.damaged(fmt.Sprintf("cluster is %q", c.Cluster))
	case c.Role != proto.RoleClient.String() && c.Role != proto.RoleEngineHost.String():
		return c.damaged(fmt.Sprintf("role is %q", c.Role))
	case len(c.Addrs) == 0:
		return c.damaged("there is no address")
	}
	for _, addr := range c.Addrs {
		if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
			return c.damaged(fmt.Sprintf("the address %q has no port", addr))
		}
	}
	_, err := c.ClientTLS()
	return err
}

// ConnectionFile is the path of the profile's connection file for a role.
func (p *Profile) ConnectionFile(role proto.Role) string {
	return filepath.Join(p.SecurityDir(), role.String()+".json")
}

var connectionRoles = []proto.Role{proto.RoleEngineHost, proto.RoleClient}

// AdoptConnections writes connection files that a controller on another host has made.
func (p *Profile) AdoptConnections(files ...*ConnFile) error {
	if err := securityDir(p.SecurityDir()); err != nil {
		return err
	}
	for _, c := range files {
		role, err := roleNamed(c.Role)
		if err != nil {
			return err
		}
		if err := c.Write(p.ConnectionFile(role)); err != nil {
			return err
		}
	}
	return nil
}

func roleNamed(name string) (proto.Role, error) {
	for _, r := range connectionRoles {
		if r.String() == name {
			return r, nil
		}
	}
	return 0, fmt.Errorf("no connection file is for %q", name)
}

// WriteConnections writes the connection files of a controller that listens at addrs, and on the Unix socket local if that is not empty. The
// client's is last: where it is, everything is.
func (p *Profile) WriteConnections(a *Authority, addrs []string, local string) error {
	if err := securityDir(p.SecurityDir()); err != nil {
		return err
	}
	for _, role := range connectionRoles {
		c, err := a.Connection(role, addrs)
		if err != nil {
			return err
		}
		c.Local = local
		if err := c.Write(p.ConnectionFile(role)); err != nil {
			return err
		}
	}
	return nil
}

// securityDir makes the folder of the connection files, for nobody but its owner.
func securityDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unwritable(dir, err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("making %s private: %w; it has to belong to you", dir, err)
	}
	return nil
}

// Write puts the file at path all at once, readable by its owner only.
func (c *ConnFile) Write(path string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // with mode 0600
	if err != nil {
		return unwritable(filepath.Dir(path), err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// RemoveConnections removes the connection files of a cluster that has ended, and leaves those that another controller
// has written since.
func (p *Profile) RemoveConnections(cluster string) error {
	var all []error
	for _, role := range connectionRoles {
		path := p.ConnectionFile(role)
		var c ConnFile
		text, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(text, &c) == nil && c.Cluster != cluster {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// Connection reads the profile's connection file for a role.
func (p *Profile) Connection(role proto.Role) (*ConnFile, error) {
	c, err := ReadConnection(p.ConnectionFile(role))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notRunning(p.Name)
	}
	return c, err
}

// ClientConnection reads the connection file for a client of the named profile. Where no profile is named, it is the file
// that GOCLUSTER_CONNECTION names, or else the default profile's.
func ClientConnection(profile string) (*ConnFile, error) {
	if path := os.Getenv(ConnectionEnv); path != "" && profile == "" {
		c, err := ReadConnection(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ConnectionEnv, err)
		}
		return c, nil
	}
	p, err := Open(profile)
	if err != nil {
		return nil, err
	}
	return p.Connection(proto.RoleClient)
}

// missing is the error about a connection file that is not there.
type missing struct{ text string }

func (m missing) Error() string { return m.text }
func (m missing) Is(err error) bool {
	return err == fs.ErrNotExist || err == ErrNotRunning
}

func notRunning(profile string) error {
	return missing{fmt.Sprintf("no cluster of profile %s is running: start one with `gocluster start --profile=%s`", profile, profile)}
}

// ReadConnection reads a connection file. Its errors say what to do: start a cluster, or mend the file.
func ReadConnection(path string) (*ConnFile, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if strings.HasPrefix(path, InvitationPrefix) {
			return nil, errors.New("an invitation is for hosts of engines (goengine --join): clients need the client's connection file")
		}
		if profile, ok := profileOf(path); ok {
			return nil, notRunning(profile)
		}
		return nil, missing{fmt.Sprintf("there is no connection file %s: its cluster has ended, or the file has to be copied from the controller's machine (security/ in the profile's folder)", path)}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the connection file: %w", err)
	}
	defer f.Close()
	if err := private(f); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(f); err != nil {
		return nil, fmt.Errorf("reading the connection file: %w", err)
	}
	c := &ConnFile{Path: path}
	if err := json.Unmarshal(buf.Bytes(), c); err != nil {
		return nil, c.damaged(err.Error())
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	return c, nil
}

// profileOf returns the name of the profile that a connection file belongs to.
func profileOf(path string) (string, bool) {
	dir := filepath.Dir(filepath.Dir(path))
	if filepath.Base(filepath.Dir(path)) != "security" || !exists(dir) {
		return "", false
	}
	return filepath.Base(dir), true
}
