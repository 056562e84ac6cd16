package codec

import (
	"encoding/binary"
	"reflect"

	"github.com/gocluster/gocluster/internal/proto"
)

// Builder makes a block of values that come one by one.
type Builder struct {
	raw  bool
	enc  encodeFunc
	elem proto.Elem
	e    encoder
	ends []byte
	n    int
}

// NewBuilder returns the builder of a block of values of type t.
func NewBuilder(t reflect.Type) *Builder {
	b := &Builder{}
	if b.elem, b.raw = raw(t); !b.raw {
		b.enc = encoderOf(t)
	}
	return b
}

// Append adds a value, which is copied. If it cannot be sent the block stays as it is.
func (b *Builder) Append(v reflect.Value) error {
	before := len(b.e.buf)
	if v = usable(v); b.raw {
		one := reflect.NewAt(reflect.ArrayOf(1, v.Type()), v.Addr().UnsafePointer()).Elem()
		b.e.buf = append(b.e.buf, numericBytes(one.Slice(0, 1))...)
	} else {
		if err := b.enc(&b.e, v); err != nil {
			b.e.buf, b.e.depth, b.e.path = b.e.buf[:before], 0, nil
			return err
		}
		b.ends = binary.LittleEndian.AppendUint64(b.ends, uint64(len(b.e.buf)))
	}
	b.n++
	return nil
}

// Len is the number of values.
func (b *Builder) Len() int { return b.n }

// Bytes is about how many bytes the values take.
func (b *Builder) Bytes() int { return len(b.e.buf) + len(b.ends) }

// Take returns the block, and begins a new one.
func (b *Builder) Take() proto.Block {
	k := proto.Block{Kind: proto.BlockVar, N: b.n, Data: b.e.buf, Ends: b.ends}
	if b.raw {
		k.Kind, k.Elem = proto.BlockFixed, b.elem
	}
	b.e, b.ends, b.n = encoder{}, nil, 0
	return k
}
