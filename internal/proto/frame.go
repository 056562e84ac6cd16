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
	var d Decoder
	return d.Decode(frames)
}

// Decoder decodes the messages of one connection, one after the other: what they have in common it makes once.
type Decoder struct {
	c     coder
	texts texts
}

// Decode is as the function of that name.
func (d *Decoder) Decode(frames [][]byte) (Message, error) {
	if len(frames) == 0 || len(frames[0]) == 0 {
		return nil, fmt.Errorf("%w: no header", ErrMalformed)
	}
	return d.decode(frames[0], frames[1:])
}

func (d *Decoder) decode(head []byte, bulk [][]byte) (Message, error) {
	m := blank(Type(head[0]))
	if m == nil {
		return nil, fmt.Errorf("%w: unknown type %d", ErrMalformed, head[0])
	}
	c := &d.c
	*c = coder{head: head, pos: 1, bulk: bulk, texts: &d.texts}
	m.fields(c)
	err, used := c.err, c.used
	*c = coder{}
	if err != nil {
		return nil, fmt.Errorf("%T: %w", m, err)
	}
	if used != len(bulk) {
		return nil, fmt.Errorf("%w: %T with %d data frames too many", ErrMalformed, m, len(bulk)-used)
	}
	return m, nil
}

// texts are short texts that came lately: functions' names, platforms and the like come again and again.
type texts [64]string

// maxText bounds the texts that are kept.
const maxText = 64

// of returns b as a string.
func (t *texts) of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if t == nil || len(b) > maxText {
		return string(b)
	}
	at := &t[(len(b)*31+int(b[0])*7+int(b[len(b)-1])+int(b[len(b)/2])*3)%len(t)]
	if *at != string(b) {
		*at = string(b)
	}
	return *at
}
