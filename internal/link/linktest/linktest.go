// Package linktest has what tests need to talk over links: an authority that issues certificates in memory, and
// servers and clients on the loopback interface.
package linktest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// Authority issues the certificates of one cluster.
type Authority struct {
	t       testing.TB
	cluster string
	key     *ecdsa.PrivateKey
	cert    *x509.Certificate
	pool    *x509.CertPool
	serial  atomic.Int64
}

// NewAuthority returns the authority of a new cluster of that name.
func NewAuthority(t testing.TB, cluster string) *Authority {
	t.Helper()
	a := &Authority{t: t, cluster: cluster, key: newKey(t), pool: x509.NewCertPool()}
	template := a.template(cluster, "authority")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	a.cert = a.sign(template, template, a.key)
	a.pool.AddCert(a.cert)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *Authority) template(name, unit string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.serial.Add(1)),
		Subject:      pkix.Name{CommonName: name, OrganizationalUnit: []string{unit}},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
}

// sign issues a certificate for the public half of key.
func (a *Authority) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

// config returns the configuration of a holder of a fresh certificate for a role.
func (a *Authority) config(role proto.Role) *tls.Config {
	template := a.template(a.cluster, role.String())
	template.DNSNames = []string{a.cluster}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if role == proto.RoleController {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	key := newKey(a.t)
	cert := a.sign(template, a.cert, key)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}},
		RootCAs:      a.pool,
		ClientCAs:    a.pool,
		ServerName:   a.cluster,
	}
}

// Server returns a controller's configuration.
func (a *Authority) Server() *tls.Config {
	cfg := a.config(proto.RoleController)
	cfg.ClientAuth = tls.RequireAndVerifyClientCert
	return cfg
}

// Client returns the configuration of a peer whose certificate is for role.
func (a *Authority) Client(role proto.Role) *tls.Config { return a.config(role) }

// Listen serves on the loopback interface until the test ends. Missing parts of cfg are filled in.
func (a *Authority) Listen(cfg link.ServerConfig, h link.ServerHandler) *link.Server {
	a.t.Helper()
	if cfg.TLS == nil {
		cfg.TLS = a.Server()
	}
	if cfg.Cluster == "" {
		cfg.Cluster = a.cluster
	}
	s, err := link.Listen(context.WithoutCancel(a.t.Context()), "127.0.0.1:0", cfg, h)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			a.t.Errorf("closing the server: %v", err)
		}
	})
	return s
}

// Dial connects to a server as a peer of a role until the test ends. Missing parts of cfg are filled in.
func (a *Authority) Dial(addr net.Addr, role proto.Role, cfg link.DialConfig) *link.Conn {
	a.t.Helper()
	if cfg.TLS == nil {
		cfg.TLS = a.Client(role)
	}
	if len(cfg.Addrs) == 0 {
		cfg.Addrs = []string{addr.String()}
	}
	cfg.Role = role
	c, err := link.Dial(a.t.Context(), cfg)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() {
		if err := c.Close("the test is over"); err != nil {
			a.t.Errorf("closing the connection: %v", err)
		}
	})
	return c
}
