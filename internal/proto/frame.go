package proto

import "fmt"

// Encode returns a message's frames: the header, then the bulk fields too large for it. Bulk frames share memory with
// the message.
func Encode(m Message) [][]byte {
	c := coder{writing: true, head: make([]byte, 1, 128)}
	c.head[0] = byte(m.Type())
	m.fields(&c)
	return append([][]byte{c.head}, c.bulk...)
}

// Decode is the inverse of Encode. It is total: any bytes give a message or an error that wraps ErrMalformed. Bulk fields
// share memory with the frames. Bytes behind the last known field are ignored, so that fields can be added.
func Decode(frames [][]byte) (Message, error) {
	if len(frames) == 0 || len(frames[0]) == 0 {
		return nil, fmt.Errorf("%w: no header", ErrMalformed)
	}
	m := blank(Type(frames[0][0]))
	if m == nil {
		return nil, fmt.Errorf("%w: unknown type %d", ErrMalformed, frames[0][0])
	}
	c := coder{head: frames[0], pos: 1, bulk: frames[1:]}
	m.fields(&c)
	if c.err != nil {
		return nil, fmt.Errorf("%T: %w", m, c.err)
	}
	if c.used != len(c.bulk) {
		return nil, fmt.Errorf("%w: %T with %d data frames too many", ErrMalformed, m, len(c.bulk)-c.used)
	}
	return m, nil
}
