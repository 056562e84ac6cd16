package profiles

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
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
	if certPEM, err = a.sign(role, "", key.Public()); err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("making the %s's key: %w", role, err)
	}
	return certPEM, pemText("PRIVATE KEY", keyDER), nil
}

// sign certifies that a key is for a role, and which invitation it came with, if any.
func (a *Authority) sign(role proto.Role, invitation string, key crypto.PublicKey) ([]byte, error) {
	t := a.certificate(pkix.Name{
		CommonName: role.String() + " of " + a.cluster, Organization: []string{"gocluster"}, OrganizationalUnit: []string{role.String()},
		SerialNumber: invitation,
	})
	t.KeyUsage = x509.KeyUsageDigitalSignature
	if t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}; role == proto.RoleController {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		t.DNSNames = []string{a.cluster}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.ca, key, a.key)
	if err != nil {
		return nil, fmt.Errorf("making the %s's certificate: %w", role, err)
	}
	return pemText("CERTIFICATE", der), nil
}

// InvitationOf returns the invitation that the owner of a certificate has joined with, "" if there was none.
func InvitationOf(cert *x509.Certificate) string { return cert.Subject.SerialNumber }

// Pin is the hash of the controller's own public key: who knows it can tell this controller from any other before
// they have a certificate.
func (a *Authority) Pin() [sha256.Size]byte { return PinOf(a.server.Leaf) }

// PinOf is the hash of a certificate's public key.
func PinOf(cert *x509.Certificate) [sha256.Size]byte {
	return sha256.Sum256(cert.RawSubjectPublicKeyInfo)
}

// Admit certifies the key of an engine host that has come with an invitation: the request is PKCS #10, signed with the key, of
// which nothing but the key is taken over. Key and addresses of the connection that it returns are the host's to fill in.
func (a *Authority) Admit(request *x509.CertificateRequest, invitation string) (*ConnFile, error) {
	if err := request.CheckSignature(); err != nil {
		return nil, fmt.Errorf("the request for a certificate is not signed with its key: %w", err)
	}
	if key, ok := request.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the request for a certificate is for another kind of key than ECDSA's on P-256")
	}
	cert, err := a.sign(proto.RoleEngineHost, invitation, request.PublicKey)
	if err != nil {
		return nil, err
	}
	c := a.blank(proto.RoleEngineHost)
	c.Cert = string(cert)
	return c, nil
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
	c := a.blank(role)
	c.Addrs, c.Cert, c.Key = addrs, string(certPEM), string(keyPEM)
	return c, nil
}

// blank is a connection without an address, a certificate and a key.
func (a *Authority) blank(role proto.Role) *ConnFile {
	host, err := os.Hostname()
	if err != nil {
		host = "" // only for people to read
	}
	return &ConnFile{
		Cluster: a.cluster, Role: role.String(), CA: string(pemText("CERTIFICATE", a.ca.Raw)),
		Host: host, PID: os.Getpid(), Started: a.started.UTC().Truncate(time.Millisecond), Version: proto.Version,
	}
}
