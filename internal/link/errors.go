package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// The errors of this package; use errors.Is.
var (
	// ErrFull says that the queue to the other side has no room for a message: it reads more slowly than it is sent to.
	ErrFull = zmtp.ErrFull
	// ErrClosed says that the link was closed from our side.
	ErrClosed = errors.New("the link is closed")
	// ErrDown says that there is no connection at the moment.
	ErrDown = errors.New("not connected to the controller")
	// ErrSilent says that the other side sent nothing, not even a heartbeat, for too long.
	ErrSilent = errors.New("no heartbeat")
	// ErrReplaced says that a newer connection of the same peer has taken the place of this one.
	ErrReplaced = zmtp.ErrReplaced
	// ErrTooBig says that a message is larger than a link carries.
	ErrTooBig = errors.New("the message is too big")

	// ErrNobody says that nobody listens at the controller's address.
	ErrNobody = errors.New("nobody listens")
	// ErrNoAnswer says that the address does not answer in time.
	ErrNoAnswer = errors.New("no answer")
	// ErrCertificate says that one side does not accept the other's certificate.
	ErrCertificate = errors.New("wrong certificate")
	// ErrNotController says that whoever listens is not a controller of this program.
	ErrNotController = errors.New("not a gocluster controller")
	// ErrVersion says that the two sides speak different versions of the protocol.
	ErrVersion = errors.New("version mismatch")
	// ErrRefused says that the controller does not want this peer; errors.As finds the RefusedError.
	ErrRefused = errors.New("refused")
	// ErrLeft says that the other side said goodbye; errors.As finds the LeftError.
	ErrLeft = errors.New("left")
	// ErrGaveUp says that a broken connection did not come back in time.
	ErrGaveUp = errors.New("gave up connecting")
)

// RefusedError is the controller's refusal of a peer. It is final.
type RefusedError struct {
	Reason proto.Error
	Code   proto.RefuseCode
}

func (e *RefusedError) Error() string { return "the controller refuses: " + e.Reason.Message }

// Unwrap makes ErrRefused, ErrVersion and ErrReplaced known to errors.Is.
func (e *RefusedError) Unwrap() []error {
	switch e.Code {
	case proto.RefuseVersion:
		return []error{ErrRefused, ErrVersion}
	case proto.RefuseReplaced:
		return []error{ErrRefused, ErrReplaced}
	}
	return []error{ErrRefused}
}

// LeftError is the goodbye of the other side.
type LeftError struct {
	Reason string
	// Final is set when it will not come back, or does not want us to.
	Final bool
}

func (e *LeftError) Error() string { return "the other side closed the link: " + e.Reason }
func (e *LeftError) Unwrap() error { return ErrLeft }

// DialError is a failure to reach a controller: what happened, and what to do about it.
type DialError struct {
	Addr string
	// Kind is one of ErrNobody, ErrNoAnswer, ErrCertificate, ErrNotController, ErrVersion, ErrRefused.
	Kind error
	// Advice says what to do.
	Advice string
	// Err is the cause.
	Err error
}

func (e *DialError) Error() string {
	return fmt.Sprintf("connecting to the controller at %s: %v: %s (%v)", e.Addr, e.Kind, e.Advice, e.Err)
}

// Unwrap gives the kind and the cause.
func (e *DialError) Unwrap() []error { return []error{e.Kind, e.Err} }

const (
	adviceStart   = "is the cluster running? `gocluster status` tells, `gocluster start` starts it"
	adviceNetwork = "is the machine up, and does a firewall let the port through?"
	adviceFile    = "the connection file is not of the controller that runs now: take the one that it wrote at its start"
	adviceClock   = "it is not good at this time: a clock is wrong by more than a day, this machine's (%s) or the controller's"
	adviceOther   = "another program has the port: compare the address with the connection file's"
	adviceVersion = "install the same version of gocluster on both sides"
)

// ExplainDial says what a failure to reach a controller at addr means: it returns a DialError, or the RefusedError in err.
func ExplainDial(addr string, err error) error { return dialError(addr, err) }

// dialError says what a failure to connect to addr means.
func dialError(addr string, err error) error {
	e := &DialError{Addr: addr, Err: err}
	var (
		dial    *net.OpError
		refused *RefusedError
	)
	switch {
	case errors.As(err, &refused):
		return err
	case isExpired(err):
		e.Kind, e.Advice = ErrCertificate, fmt.Sprintf(adviceClock, time.Now().Format("2006-01-02 15:04:05 -0700"))
	case errors.Is(err, ErrCertificate), isCertificate(err):
		e.Kind, e.Advice = ErrCertificate, adviceFile
	case errors.Is(err, ErrVersion):
		e.Kind, e.Advice = ErrVersion, adviceVersion
	case errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		e.Kind, e.Advice = ErrNoAnswer, adviceNetwork
	case errors.As(err, &dial) && dial.Op == "dial":
		e.Kind, e.Advice = ErrNobody, adviceStart
	case errors.Is(err, io.EOF), errors.As(err, new(tls.RecordHeaderError)), errors.Is(err, zmtp.ErrProtocol), errors.Is(err, zmtp.ErrLimit),
		errors.Is(err, ErrNotController), errors.Is(err, proto.ErrMalformed):
		e.Kind, e.Advice = ErrNotController, adviceOther
	default:
		e.Kind, e.Advice = ErrNoAnswer, adviceStart
	}
	return e
}

// isCertificate recognizes that one side does not trust the other's certificate. The controller's verdict on ours comes as an alert.
func isCertificate(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
		alert   *net.OpError
	)
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &invalid) || errors.As(err, &host) ||
		errors.As(err, &alert) && alert.Op == "remote error"
}

// isExpired recognizes a certificate that is good, but not now. Its validity is ten years: a clock is wrong. The controller's verdict on ours
// comes as an alert of TLS, whose kind has no exported name.
func isExpired(err error) bool {
	var invalid x509.CertificateInvalidError
	var alert *net.OpError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired ||
		errors.As(err, &alert) && alert.Op == "remote error" && strings.Contains(alert.Err.Error(), "expired certificate")
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}

// isForeign recognizes a controller whose certificate is not of the cluster's authority.
func isForeign(err error) bool {
	var verify *tls.CertificateVerificationError
	return errors.As(err, &verify)
}
