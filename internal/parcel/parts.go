package parcel

import (
	"errors"
	"fmt"
	"io"

	"github.com/gocluster/gocluster/internal/proto"
)

// PartBytes is the size of all parts but the last.
const PartBytes = 2 << 20

// MaxParts bounds the parts of a parcel.
const MaxParts = 1 << 16

// root is what a file or a folder is called in an archive that is cut into parts: wherever it goes, its parts are the same.
const root = "put"

// Parts are the names of an archive's parts, in order.
type Parts []proto.Hash

// ID names them all.
func (p Parts) ID() proto.Hash { return proto.HashOf(p.Bytes()) }

// Bytes is the list as an object that is called ID.
func (p Parts) Bytes() []byte {
	out := make([]byte, 0, len(p)*len(proto.Hash{}))
	for _, h := range p {
		out = append(out, h[:]...)
	}
	return out
}

// ErrDamaged is a list of parts, or a part, that is not what it should be.
var ErrDamaged = errors.New("what was sent is damaged")

// ParseParts is the inverse of Bytes.
func ParseParts(data []byte) (Parts, error) {
	const size = len(proto.Hash{})
	if len(data)%size != 0 || len(data) > MaxParts*size {
		return nil, fmt.Errorf("%w: a list of parts of %d bytes", ErrDamaged, len(data))
	}
	var p Parts
	for ; len(data) > 0; data = data[size:] {
		p = append(p, proto.Hash(data[:size]))
	}
	return p, nil
}

// Cut packs a file or a folder and calls f with each part, whose bytes are good until it returns.
func Cut(from string, f func(h proto.Hash, data []byte) error) (Sum, error) {
	c := &cutter{f: f}
	sum, err := Pack(c, from, root)
	if err == nil && len(c.part) > 0 {
		err = c.done()
	}
	return sum, err
}

// cutter makes parts of what is written.
type cutter struct {
	f    func(proto.Hash, []byte) error
	part []byte
	n    int
}

func (c *cutter) Write(p []byte) (int, error) {
	all := len(p)
	for len(p) > 0 {
		if c.part == nil {
			c.part = make([]byte, 0, PartBytes)
		}
		n := min(len(p), PartBytes-len(c.part))
		c.part = append(c.part, p[:n]...)
		p = p[n:]
		if len(c.part) == PartBytes {
			if err := c.done(); err != nil {
				return 0, err
			}
		}
	}
	return all, nil
}

func (c *cutter) done() error {
	if c.n++; c.n > MaxParts {
		return fmt.Errorf("it has more than %d GB, which is the most that can be put at a time", MaxParts*(PartBytes>>20)>>10)
	}
	err := c.f(proto.HashOf(c.part), c.part)
	c.part = c.part[:0]
	return err
}

// Reader reads an archive from its parts, which get is asked for one after the other.
func Reader(parts Parts, get func(proto.Hash) ([]byte, error)) io.Reader {
	return &partsReader{parts: parts, get: get}
}

type partsReader struct {
	parts Parts
	get   func(proto.Hash) ([]byte, error)
	rest  []byte
}

func (r *partsReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if len(r.parts) == 0 {
			return 0, io.EOF
		}
		data, err := r.get(r.parts[0])
		if err != nil {
			return 0, err
		}
		if proto.HashOf(data) != r.parts[0] {
			return 0, fmt.Errorf("%w: part %s", ErrDamaged, r.parts[0])
		}
		r.rest, r.parts = data, r.parts[1:]
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
