package invite

import (
	"errors"
	"fmt"
)

// Code says why a host was not let in.
type Code string

// The reasons for not letting a host in.
const (
	Unknown   Code = "unknown"
	Expired   Code = "expired"
	Revoked   Code = "revoked"
	Used      Code = "used"
	Role      Code = "role"
	Version   Code = "version"
	TooMany   Code = "too many"
	Malformed Code = "malformed"
)

// RefusedError is the desk's refusal of a host.
type RefusedError struct {
	Code Code
	Text string
}

func (e *RefusedError) Error() string {
	return "the controller does not let this machine join: " + e.Text
}

func refused(code Code, format string, args ...any) *RefusedError {
	return &RefusedError{code, fmt.Sprintf(format, args...)}
}

// ErrImpostor says that whoever listens where the invitation points to is not the controller that has made it. Nothing was told to it.
var ErrImpostor = errors.New("not the controller that has made this invitation")
