package proto

import (
	"encoding/binary"
	"fmt"
	"sync"
)

// smallMessage bounds the messages that are packed.
const smallMessage = 4 << 10

// packedLength is how many bytes a packed message's length takes: the longest that it can take, so that it can be written when the message
// has been.
const packedLength = 2

var writers = sync.Pool{New: func() any { return &coder{} }}

// AppendPacked adds a message to a message of type TypePacked, or to nothing, which becomes one. It returns false, and the bytes as they
// were, where the message is too large for that, or is the link's own business.
func AppendPacked(pack []byte, m Message) ([]byte, bool) {
	t := m.Type()
	if t <= TypeFragment {
		return pack, false
	}
	c := writers.Get().(*coder)
	c.writing, c.head = true, pack
	if len(pack) == 0 {
		c.head = append(c.head, byte(TypePacked))
	}
	at := len(c.head)
	c.head = append(c.head, 0, 0, byte(t))
	m.fields(c)
	out, n, small := c.head, len(c.head)-at-packedLength, len(c.bulk) == 0
	clear(c.bulk)
	*c = coder{bulk: c.bulk[:0]}
	writers.Put(c)
	if !small || n > smallMessage {
		return out[:len(pack)], false
	}
	out[at], out[at+1] = byte(n)|0x80, byte(n>>7)
	return out, true
}

// IsPacked reports whether a message is several.
func IsPacked(frames [][]byte) bool {
	return len(frames) == 1 && len(frames[0]) > 0 && Type(frames[0][0]) == TypePacked
}

// Unpack calls f for each of the messages that are packed into one, until it returns an error. A message of type TypePacked among
// them is malformed.
func (d *Decoder) Unpack(frames [][]byte, f func(Message) error) error {
	for rest := frames[0][1:]; len(rest) > 0; {
		n, used := binary.Uvarint(rest)
		if used <= 0 || n == 0 || n > uint64(len(rest)-used) {
			return fmt.Errorf("%w: a packed message of %d bytes, of which %d are there", ErrMalformed, n, len(rest))
		}
		one := rest[used : used+int(n) : used+int(n)]
		if Type(one[0]) <= TypeFragment || Type(one[0]) == TypePacked {
			return fmt.Errorf("%w: a message of type %d may not be packed", ErrMalformed, one[0])
		}
		m, err := d.decode(one, nil)
		if err != nil {
			return err
		}
		if err := f(m); err != nil {
			return err
		}
		rest = rest[used+int(n):]
	}
	return nil
}
