package proto

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// coder walks a message's fields in one order for both directions, so that what is written is what is read.
//
// Small fields go into the header; bulk fields become frames of their own, uncopied.
type coder struct {
	writing bool
	head    []byte
	pos     int
	bulk    [][]byte
	used    int
	texts   *texts // of a Decoder
	err     error
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
}

func (c *coder) uvarint(v *uint64) {
	switch {
	case c.writing:
		if *v < 0x80 {
			c.head = append(c.head, byte(*v))
			return
		}
		c.head = binary.AppendUvarint(c.head, *v)
		return
	case c.err != nil:
		*v = 0
		return
	case c.pos < len(c.head) && c.head[c.pos] < 0x80:
		*v = uint64(c.head[c.pos])
		c.pos++
		return
	}
	x, n := binary.Uvarint(c.head[c.pos:])
	if n <= 0 {
		*v = 0
		c.fail("a number ends early at byte %d", c.pos)
		return
	}
	c.pos += n
	*v = x
}

func (c *coder) varint(v *int64) {
	u := uint64(*v<<1) ^ uint64(*v>>63)
	c.uvarint(&u)
	*v = int64(u>>1) ^ -int64(u&1)
}

// number walks any integer field; a value that does not fit its Go type is malformed.
func number[T ~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](c *coder, v *T) {
	x := int64(*v)
	c.varint(&x)
	if c.writing {
		return
	}
	*v = T(x)
	if int64(*v) != x {
		c.fail("%d is out of range", x)
	}
}

func (c *coder) flag(v *bool) {
	if c.writing {
		n := byte(0)
		if *v {
			n = 1 << 1 // as an integer
		}
		c.head = append(c.head, n)
		return
	}
	var n uint64
	c.uvarint(&n)
	*v = n == 1<<1
	if n > 0 && !*v {
		c.fail("%d is not a flag", n)
	}
}

// rare reports whether fields that are often all empty follow, which the flag that it walks says; there tells the writer.
func (c *coder) rare(there bool) bool {
	c.flag(&there)
	return there
}

// hash walks the name of an object where there may be none.
func (c *coder) hash(h *Hash) {
	if c.rare(c.writing && *h != Hash{}) {
		c.fixed(h[:])
	}
}

func (c *coder) float(v *float64) {
	bits := math.Float64bits(*v)
	c.uvarint(&bits)
	if !c.writing {
		*v = math.Float64frombits(bits)
	}
}

func (c *coder) duration(v *time.Duration) { number(c, v) }

// time walks an instant as nanoseconds since 1970 UTC; the zero time is 0.
func (c *coder) time(v *time.Time) {
	var ns int64
	if c.writing && !v.IsZero() {
		ns = v.UnixNano()
	}
	c.varint(&ns)
	if c.writing {
		return
	}
	if ns == 0 {
		*v = time.Time{}
		return
	}
	*v = time.Unix(0, ns)
}

// take returns the next n bytes of the header.
func (c *coder) take(n uint64) []byte {
	if c.err != nil {
		return nil
	}
	if n > uint64(len(c.head)-c.pos) {
		c.fail("%d bytes announced, %d there", n, len(c.head)-c.pos)
		return nil
	}
	b := c.head[c.pos : c.pos+int(n)]
	c.pos += int(n)
	return b
}

func (c *coder) text(s *string) {
	n := uint64(len(*s))
	c.uvarint(&n)
	if c.writing {
		c.head = append(c.head, *s...)
		return
	}
	*s = c.texts.of(c.take(n))
}

func (c *coder) fixed(b []byte) {
	if c.writing {
		c.head = append(c.head, b...)
		return
	}
	copy(b, c.take(uint64(len(b))))
}

// inlineLimit is the size up to which a bulk field travels inside the header: a frame of its own costs more than the copy.
const inlineLimit = 512

// bytes walks a bulk field: inline when small, else a frame of its own whose bytes are shared with the message, not copied.
func (c *coder) bytes(b *[]byte) {
	if c.writing {
		c.writeBytes(*b)
		return
	}
	var n uint64
	c.uvarint(&n)
	switch {
	case c.err != nil:
	case n == 0: // a frame of its own
		if c.used >= len(c.bulk) {
			c.fail("a data frame is missing")
			return
		}
		*b = c.bulk[c.used]
		c.used++
	case n == 1:
		*b = nil
	default:
		*b = c.take(n - 1)
	}
}

func (c *coder) writeBytes(b []byte) {
	var n uint64
	if len(b) <= inlineLimit {
		n = uint64(len(b)) + 1
	}
	c.uvarint(&n)
	if n > 0 {
		c.head = append(c.head, b...)
		return
	}
	c.bulk = append(c.bulk, b)
}

// list walks a list: its length, then each element.
func list[T any](c *coder, xs *[]T, each func(*coder, *T)) {
	n := uint64(len(*xs))
	c.uvarint(&n)
	if !c.writing {
		// Every element takes a byte of header at least, so a longer list is a lie, refused before it is allocated.
		if c.err != nil || n > uint64(len(c.head)-c.pos) {
			c.fail("a list of %d elements in %d bytes", n, len(c.head)-c.pos)
			return
		}
		*xs = nil
		if n > 0 {
			*xs = make([]T, n)
		}
	}
	for i := range *xs {
		each(c, &(*xs)[i])
	}
}

func eachText(c *coder, s *string)     { c.text(s) }
func eachHash(c *coder, h *Hash)       { c.fixed(h[:]) }
func eachJob(c *coder, j *JobID)       { c.fixed(j[:]) }
func eachEngine(c *coder, e *EngineID) { number(c, e) }
