package worker

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// A message on a pipe is the number of its frames, their sizes, and the frames.

// The bounds of what is believed; both sides are ours, so they only keep nonsense from taking all memory.
const (
	maxFrames = 1 << 16
	maxBytes  = 1 << 40
)

// Append appends a message as it is sent.
func Append(to []byte, m proto.Message) []byte {
	frames := proto.Encode(m)
	to = binary.AppendUvarint(to, uint64(len(frames)))
	size := 0
	for _, f := range frames {
		to = binary.AppendUvarint(to, uint64(len(f)))
		size += len(f)
	}
	to = slices.Grow(to, size)
	for _, f := range frames {
		to = append(to, f...)
	}
	return to
}

// together is how large a message may be that is copied to be written at once.
const together = 256 << 10

// Send writes a message.
func Send(w io.Writer, m proto.Message) error {
	frames := proto.Encode(m)
	head := binary.AppendUvarint(make([]byte, 0, 16+len(frames[0])), uint64(len(frames)))
	for _, f := range frames {
		head = binary.AppendUvarint(head, uint64(len(f)))
	}
	for _, f := range frames {
		if len(f) > together {
			if _, err := w.Write(head); err != nil {
				return err
			}
			head = nil
			if _, err := w.Write(f); err != nil {
				return err
			}
			continue
		}
		head = append(head, f...)
	}
	if len(head) == 0 {
		return nil
	}
	_, err := w.Write(head)
	return err
}

// Receive reads a message.
func Receive(r *bufio.Reader) (proto.Message, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	if n == 0 || n > maxFrames {
		return nil, fmt.Errorf("%w: %d frames", proto.ErrMalformed, n)
	}
	frames := make([][]byte, n)
	sizes := make([]uint64, n)
	for i := range sizes {
		if sizes[i], err = binary.ReadUvarint(r); err != nil {
			return nil, err
		}
		if sizes[i] > maxBytes {
			return nil, fmt.Errorf("%w: a frame of %d bytes", proto.ErrMalformed, sizes[i])
		}
	}
	for i, size := range sizes {
		frames[i] = make([]byte, size)
		if _, err := io.ReadFull(r, frames[i]); err != nil {
			return nil, err
		}
	}
	return proto.Decode(frames)
}
