package profiles

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Authority is a cluster's certificate authority. It lives in the controller's memory, from its start to its end.
type Authority struct {
	cluster string
	started time.Time
	ca      *x509.Certificate
	key     *ecdsa.PrivateKey
	server  tls.Certificate
}

// The certificates' validity: longer than clusters live, and earlier than now because clocks of machines differ.
const (
	validBefore = 24 * time.Hour
	validAfter  = 10 * 365 * 24 * time.Hour
)

// NewClusterID returns a fresh name for a cluster of a profile; it tells the profile's clusters apart over time.
func NewClusterID(profile string) string {
	var b [4]byte
	rand.Read(b[:])
	return profile + "-" + hex.EncodeToString(b[:])
}

// NewAuthority makes the authority of a cluster, and the controller's own certificate.
func NewAuthority(cluster string) (*Authority, error) {
	if !clusterForm.MatchString(cluster) {
		return nil, fmt.Errorf("%q cannot name a cluster: use letters, digits, '-', '_' and '.', at most 100", cluster)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the cluster's key: %w", err)
	}
	a := &Authority{cluster: cluster, started: time.Now(), key: key}
	t := a.certificate(pkix.Name{CommonName: "gocluster " + cluster, Organization: []string{"gocluster"}})
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making the cluster's certificate: %w", err)
	}
	if a.ca, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("making the cluster's certificate: %w", err)
	}
	certPEM, keyPEM, err := a.issue(proto.RoleController)
	if err != nil {
		return nil, err
	}
	if a.server, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		return nil, fmt.Errorf("the controller's certificate: %w", err)
	}
	return a, nil
}

// Cluster is the cluster's name.
func (a *Authority) Cluster() string { return a.cluster }

func (a *Authority) certificate(subject pkix.Name) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(fmt.Sprintf("profiles: the system's source of randomness failed: %v", err))
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject,
		NotBefore: a.started.Add(-validBefore), NotAfter: a.started.Add(validAfter),
	}
}

// issue makes a certificate for a role. The role stands in the certificate's organizational unit, so a file for
// engines does not let anybody in as a client; and only the controller's is good for a server.
func (a *Authority) issue(role proto.Role) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making the %s's key: %w", role, err)
	}
	t := a.certificate(pkix.Name{CommonName: role.String() + " of " + a.cluster, Organization: []string{"gocluster"}, OrganizationalUnit: []string{role.String()}})
	t.KeyUsage = x509.KeyUsageDigitalSignature
	if t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}; role == proto.RoleController {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		t.DNSNames = []string{a.cluster}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.ca, key.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("making the %s's certificate: %w", role, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("making the %s's key: %w", role, err)
	}
	return pemText("CERTIFICATE", der), pemText("PRIVATE KEY", keyDER), nil
}

func pemText(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// ControllerTLS is how the controller listens: TLS 1.3, and only for certificates of this authority.
func (a *Authority) ControllerTLS() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.ca)
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{a.server},
		ClientAuth:             tls.RequireAndVerifyClientCert,
		ClientCAs:              pool,
		SessionTicketsDisabled: true,
	}
}

// Connection returns what a peer of a role needs in order to connect to a controller at addrs.
func (a *Authority) Connection(role proto.Role, addrs []string) (*ConnFile, error) {
	if role != proto.RoleEngineHost && role != proto.RoleClient {
		return nil, fmt.Errorf("no connection is made as %s", role)
	}
	if len(addrs) == 0 {
		return nil, errors.New("a connection file needs an address to connect to")
	}
	certPEM, keyPEM, err := a.issue(role)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "" // only for people to read
	}
	return &ConnFile{
		Cluster: a.cluster, Role: role.String(), Addrs: addrs,
		CA: string(pemText("CERTIFICATE", a.ca.Raw)), Cert: string(certPEM), Key: string(keyPEM),
		Host: host, PID: os.Getpid(), Started: a.started.UTC().Truncate(time.Millisecond), Version: proto.Version,
	}, nil
}
