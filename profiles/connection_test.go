package profiles

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
)

func authority(t *testing.T, cluster string) *Authority {
	t.Helper()
	a, err := NewAuthority(cluster)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func connection(t *testing.T, a *Authority, role proto.Role) *ConnFile {
	t.Helper()
	c, err := a.Connection(role, []string{"127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// handshake connects a client to a server and returns the organizational unit the server saw, and what went wrong on each side.
func handshake(t *testing.T, server, client *tls.Config) (role []string, serverErr, clientErr error) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer a.Close()
		s := tls.Server(a, server)
		if serverErr = s.Handshake(); serverErr == nil {
			role = s.ConnectionState().PeerCertificates[0].Subject.OrganizationalUnit
			_, serverErr = s.Write([]byte("k"))
		}
	}()
	c := tls.Client(b, client)
	if clientErr = c.Handshake(); clientErr == nil {
		_, clientErr = io.ReadFull(c, make([]byte, 1))
	}
	b.Close()
	<-done
	return role, serverErr, clientErr
}

func clientTLS(t *testing.T, c *ConnFile) *tls.Config {
	t.Helper()
	cfg, err := c.ClientTLS()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestBothRolesAreLetInAndTold(t *testing.T) {
	a := authority(t, "default-1")
	for _, role := range []proto.Role{proto.RoleClient, proto.RoleEngineHost} {
		got, serverErr, clientErr := handshake(t, a.ControllerTLS(), clientTLS(t, connection(t, a, role)))
		if serverErr != nil || clientErr != nil || !slices.Equal(got, []string{role.String()}) {
			t.Errorf("%s: the controller sees %v (%v, %v)", role, got, serverErr, clientErr)
		}
	}
}

func TestStrangersAreKeptOut(t *testing.T) {
	ours, theirs := authority(t, "lab"), authority(t, "lab")
	mine := connection(t, ours, proto.RoleClient)
	foreign := connection(t, theirs, proto.RoleClient)
	impostor := *foreign
	impostor.CA = mine.CA // trusts us, but was let in by another authority
	noCert := clientTLS(t, mine)
	noCert.Certificates = nil
	old := clientTLS(t, mine)
	old.MinVersion, old.MaxVersion = 0, tls.VersionTLS12
	otherCluster := clientTLS(t, mine)
	otherCluster.ServerName = "other"
	for name, client := range map[string]*tls.Config{
		"another cluster's file": clientTLS(t, foreign), "another authority's certificate": clientTLS(t, &impostor),
		"no certificate": noCert, "TLS 1.2": old, "another cluster's name": otherCluster,
	} {
		if _, serverErr, clientErr := handshake(t, ours.ControllerTLS(), client); serverErr == nil || clientErr == nil {
			t.Errorf("%s: got %v at the controller and %v at the client, want both to fail", name, serverErr, clientErr)
		}
	}
	// A peer's certificate is no controller's.
	asServer := ours.ControllerTLS()
	asServer.Certificates = clientTLS(t, connection(t, ours, proto.RoleEngineHost)).Certificates
	if _, _, clientErr := handshake(t, asServer, clientTLS(t, mine)); clientErr == nil {
		t.Error("an engine's certificate passes for the controller's")
	}
}

func TestNoConnectionIsMadeForTheControllerItself(t *testing.T) {
	_, err := authority(t, "c").Connection(proto.RoleController, []string{"127.0.0.1:1"})
	expect(t, err, "controller")
	_, err = authority(t, "c").Connection(proto.RoleClient, nil)
	expect(t, err, "address")
	_, err = NewAuthority("a b")
	expect(t, err, "cannot name a cluster")
	if a, b := NewClusterID("default"), NewClusterID("default"); a == b || !strings.HasPrefix(a, "default-") || !clusterForm.MatchString(a) {
		t.Errorf("clusters %s and %s", a, b)
	}
}

func TestConnectionFilesAreWrittenReadAndRemoved(t *testing.T) {
	home(t)
	p, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Connection(proto.RoleClient)
	expect(t, err, "no cluster of profile default is running", "gocluster start --profile=default")
	if !errors.Is(err, ErrNotRunning) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not told apart from other errors", err)
	}
	a := authority(t, NewClusterID("default"))
	if err := os.Chmod(p.SecurityDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteConnections(a, []string{"127.0.0.1:7123"}, ""); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && mode(t, p.SecurityDir()) != 0o700 {
		t.Errorf("security/ has mode %04o, want 0700", mode(t, p.SecurityDir()))
	}
	for _, role := range connectionRoles {
		c, err := p.Connection(role)
		if err != nil {
			t.Fatal(err)
		}
		if c.Cluster != a.Cluster() || c.Role != role.String() || c.Addrs[0] != "127.0.0.1:7123" || c.PID != os.Getpid() || c.Started.IsZero() {
			t.Errorf("got %+v", c)
		}
		if runtime.GOOS != "windows" && mode(t, c.Path) != 0o600 {
			t.Errorf("%s has mode %04o, want 0600", c.Path, mode(t, c.Path))
		}
		if _, serverErr, clientErr := handshake(t, a.ControllerTLS(), clientTLS(t, c)); serverErr != nil || clientErr != nil {
			t.Errorf("the %s's file does not let in: %v, %v", role, serverErr, clientErr)
		}
	}
	if err := p.RemoveConnections("another"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Connection(proto.RoleClient); err != nil {
		t.Errorf("another cluster's end removed our file: %v", err)
	}
	if err := p.RemoveConnections(a.Cluster()); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(p.SecurityDir()); err != nil || len(entries) > 0 {
		t.Errorf("%v are left (%v)", entries, err)
	}
}

func TestFilesThatOthersCanReadAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes")
	}
	path := filepath.Join(t.TempDir(), "client.json")
	if err := connection(t, authority(t, "c"), proto.RoleClient).Write(path); err != nil {
		t.Fatal(err)
	}
	for _, m := range []os.FileMode{0o644, 0o640, 0o604, 0o660} {
		if err := os.Chmod(path, m); err != nil {
			t.Fatal(err)
		}
		_, err := ReadConnection(path)
		expect(t, err, "open to other users", "chmod 600 "+path)
	}
	_, err := ReadConnection(filepath.Dir(path))
	expect(t, err, "not a file")
}

func TestDamagedFilesSayWhatToDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.json")
	good, other := connection(t, authority(t, "c"), proto.RoleClient), connection(t, authority(t, "c"), proto.RoleClient)
	for _, c := range []struct {
		change func(*ConnFile)
		want   string
	}{
		{func(c *ConnFile) { c.Version = 99 }, "same version"},
		{func(c *ConnFile) { c.Key = other.Key }, "damaged"},
		{func(c *ConnFile) { c.Cert = "" }, "damaged"},
		{func(c *ConnFile) { c.CA = "x" }, "damaged"},
		{func(c *ConnFile) { c.Role = "controller" }, "damaged"},
		{func(c *ConnFile) { c.Addrs = nil }, "no address"},
		{func(c *ConnFile) { c.Addrs = []string{"localhost"} }, "no port"},
		{func(c *ConnFile) { c.Cluster = "" }, "damaged"},
	} {
		bad := *good
		c.change(&bad)
		if err := bad.Write(path); err != nil {
			t.Fatal(err)
		}
		got, err := ReadConnection(path)
		expect(t, err, path, c.want)
		if got != nil {
			t.Errorf("a file is returned beside the error %v", err)
		}
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ReadConnection(path)
	expect(t, err, path, "damaged")
}

func TestTheEnvironmentNamesAClientsFile(t *testing.T) {
	home(t)
	path := filepath.Join(t.TempDir(), "conn.json")
	want := connection(t, authority(t, "elsewhere"), proto.RoleClient)
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	t.Setenv(ConnectionEnv, path)
	if got, err := ClientConnection(""); err != nil || got.Cluster != "elsewhere" {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err := ClientConnection("default")
	expect(t, err, "no cluster of profile default is running")
	t.Setenv(ConnectionEnv, path+"x")
	_, err = ClientConnection("")
	expect(t, err, ConnectionEnv, "no connection file", "copied")
}

func TestTheFileIsReadableByOtherPrograms(t *testing.T) {
	text, err := json.Marshal(connection(t, authority(t, "c"), proto.RoleEngineHost))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"cluster", "role", "addrs", "ca", "cert", "key", "host", "pid", "started", "version"} {
		if m[key] == nil {
			t.Errorf("%s is missing", key)
		}
	}
	if len(m) != 10 {
		t.Errorf("%d keys, want 10", len(m))
	}
}

func TestAddressesAreThoseOthersCanReach(t *testing.T) {
	at := func(s string) net.Addr {
		a, err := net.ResolveTCPAddr("tcp", s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if got, err := Addresses(at("127.0.0.1:7"), nil); err != nil || !slices.Equal(got, []string{"127.0.0.1:7"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := Addresses(at("0.0.0.0:7"), []string{"head.example", "::1"}); err != nil || !slices.Equal(got, []string{"head.example:7", "[::1]:7"}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, wild := range []string{"0.0.0.0:7", "[::]:7"} {
		if got, err := Addresses(at(wild), nil); err != nil || got[len(got)-1] != "127.0.0.1:7" || slices.Contains(got, wild) {
			t.Errorf("%s: got %v, %v", wild, got, err)
		}
	}
}
