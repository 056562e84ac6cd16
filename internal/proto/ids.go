package proto

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// EngineID names one engine of a cluster: 0..n-1. An engine keeps its id when its worker process is replaced.
type EngineID int

// NoEngine stands where no engine is meant.
const NoEngine EngineID = -1

// TaskID names a task within one controller's life; 0 is no task.
type TaskID uint64

// Attempt counts the tries at a task from 1; a result that carries an older attempt is dropped.
type Attempt uint32

// PeerID names one process that connects to a controller: an engine host or a client. It is chosen by that process
// and stays the same when the process reconnects.
type PeerID [16]byte

// JobID names a job; the client that submits the job chooses it.
type JobID [16]byte

// Hash is the SHA-256 of an object's bytes and is that object's name everywhere.
type Hash [sha256.Size]byte

// HashOf returns the name of an object with these bytes.
func HashOf(data []byte) Hash { return sha256.Sum256(data) }

// IsZero reports whether h names nothing.
func (h Hash) IsZero() bool { return h == Hash{} }

func (h Hash) String() string { return hex.EncodeToString(h[:8]) }
func (p PeerID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", p[:4], p[4:6], p[6:8], p[8:10], p[10:])
}

func (j JobID) String() string { return hex.EncodeToString(j[:4]) }

func (e EngineID) String() string {
	if e == NoEngine {
		return "no engine"
	}
	return fmt.Sprintf("engine %d", int(e))
}

// Role says what a peer may do. It is written in the peer's certificate and checked against its Hello.
type Role uint8

// The roles. The zero Role may do nothing.
const (
	RoleNone Role = iota
	RoleController
	RoleEngineHost
	RoleClient
)

func (r Role) String() string {
	switch r {
	case RoleNone:
		return "none"
	case RoleController:
		return "controller"
	case RoleEngineHost:
		return "engine"
	case RoleClient:
		return "client"
	}
	return fmt.Sprintf("role %d", uint8(r))
}
