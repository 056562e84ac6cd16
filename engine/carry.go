package engine

import (
	"fmt"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// carry moves the files that a worker has left to the directory that the job's client sees, or puts their bytes into the chunk where
// there is none.
func (h *host) carry(k *proto.Chunk, to *spool.Dir) error {
	for i := range k.Outputs {
		b := &k.Outputs[i]
		if b.File == "" {
			continue
		}
		if to != nil {
			if name, err := to.Adopt(h.files, b.File); err == nil {
				b.File = name
				continue
			}
		}
		data, err := h.files.Read(b.File)
		_ = h.files.Remove(b.File)
		if err != nil {
			return fmt.Errorf("the result was left in a file which cannot be read: %w", err)
		}
		b.Data, b.File, b.Size = data, "", 0
	}
	return nil
}
