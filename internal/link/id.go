package link

import (
	"github.com/google/uuid"

	"github.com/gocluster/gocluster/internal/proto"
)

// NewPeerID returns a fresh random name for a process that connects.
func NewPeerID() proto.PeerID { return proto.PeerID(uuid.New()) }

// NewJobID returns a fresh random name for a job.
func NewJobID() proto.JobID { return proto.JobID(uuid.New()) }
