package link

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/gocluster/gocluster/internal/proto"
)

// NewPeerID returns a fresh random name for a process that connects.
func NewPeerID() proto.PeerID { return proto.PeerID(uuid.New()) }

// NewJobID returns a fresh random name for a job. It is no secret: what may be done with a job is its client's alone.
func NewJobID() (id proto.JobID) {
	binary.LittleEndian.PutUint64(id[:], rand.Uint64())
	binary.LittleEndian.PutUint64(id[8:], rand.Uint64())
	return id
}
