package codec

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// Slices of slices of numbers are what matrices and populations are made of. They are encoded as any slices are; only the way there is short:
// without a reflect.Value for each row, and with one allocation for many of them.

// row is the memory of a slice.
type row struct {
	at       unsafe.Pointer
	len, cap int
}

// rowsOf tells whether a type is a slice of slices that lie in memory as their encoding does.
func rowsOf(t reflect.Type) (tag arrayTag, ok bool) {
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Slice || bigEndian || refusal(t.Elem()) != "" || marshalerOf(t.Elem()) != noMarshaler {
		return tag, false
	}
	number := t.Elem().Elem()
	tag, ok = arrayTags[number.Kind()]
	return tag, ok && tag.elem.Size() == int(number.Size())
}

// maxRowHead is the most that we write before a row's numbers.
const maxRowHead = 12

// rowHead is what stands before the numbers of a row. The next row is likely to have as many.
type rowHead struct {
	bytes [maxRowHead]byte
	n     int
	size  int // of the numbers; 0: there is no head yet
}

func (h *rowHead) set(tag arrayTag, size int) {
	b := h.bytes[:0]
	if tag.tag != 0 {
		b = appendHead(b, majorTag, tag.tag)
	}
	h.n, h.size = len(appendHead(b, majorBytes, uint64(size))), size
}

// learn takes the head of a row that has been read.
func (h *rowHead) learn(head []byte, size int) {
	if h.n, h.size = copy(h.bytes[:], head), size; h.n < len(head) {
		h.size = 0
	}
}

// next returns the numbers of a row that has this head, if such a one comes.
func (h *rowHead) next(r *reader) []byte {
	data := r.data[r.pos:]
	if h.size == 0 || len(data) < h.n+h.size || string(data[:h.n]) != string(h.bytes[:h.n]) {
		return nil
	}
	r.pos += h.n + h.size
	return data[h.n : h.n+h.size]
}

func rowsEncoder(t reflect.Type, tag arrayTag) encodeFunc {
	size := tag.elem.Size()
	return func(e *encoder, v reflect.Value) error {
		if v.IsNil() {
			return e.null()
		}
		if err := e.enter(v.UnsafePointer(), t); err != nil {
			return err
		}
		rows := unsafe.Slice((*row)(v.UnsafePointer()), v.Len())
		e.buf = appendHead(e.buf, majorArray, uint64(len(rows)))
		var head rowHead
		head.set(tag, 0)
		bytes := 0
		for _, x := range rows {
			if x.len*size != head.size {
				head.set(tag, x.len*size)
			}
			bytes += head.n + x.len*size
		}
		at := len(e.buf)
		e.buf = slices.Grow(e.buf, bytes)[:at+bytes]
		for _, x := range rows {
			if x.at == nil {
				e.buf[at] = cborNull
				at++
				continue
			}
			if x.len*size != head.size {
				head.set(tag, x.len*size)
			}
			at += copy(e.buf[at:], head.bytes[:head.n])
			at += copy(e.buf[at:], unsafe.Slice((*byte)(x.at), x.len*size))
		}
		e.buf = e.buf[:at]
		e.leave(v.UnsafePointer(), t)
		return nil
	}
}

// rowsTogether is how many bytes of rows are allocated as one: who keeps a row keeps no more than this of the others.
const rowsTogether = 16 << 10

func rowsDecoder(t reflect.Type, tag arrayTag) decodeFunc {
	size, each := tag.elem.Size(), decoderOf(t.Elem())
	return func(r *reader, v reflect.Value) error {
		if r.null() {
			v.SetZero()
			return nil
		}
		n, err := r.array()
		if err != nil {
			return err
		}
		if err := r.alloc(n, t.Elem().Size()); err != nil {
			return err
		}
		if err := r.enter(); err != nil {
			return err
		}
		out := reflect.MakeSlice(t, n, n)
		rows := unsafe.Slice((*row)(out.UnsafePointer()), n)
		var head rowHead
		var room row // of what was allocated together
		for i := range rows {
			data := head.next(r)
			if data == nil {
				at := r.pos
				if data, err = r.peekArray(tag); err != nil {
					return within(fmt.Sprintf("[%d]", i), err)
				}
				head.learn(r.data[at:r.pos-len(data)], len(data))
			}
			if data == nil || len(data) == 0 { // nil, empty, or numbers in another form
				if err := each(r, out.Index(i)); err != nil {
					return within(fmt.Sprintf("[%d]", i), err)
				}
				continue
			}
			k := len(data) / size
			if k > room.len {
				n := max(k, min(rowsTogether/size, (len(r.data)-r.pos+len(data))/size))
				room = row{at: reflect.MakeSlice(t.Elem(), n, n).UnsafePointer(), len: n}
			}
			copy(unsafe.Slice((*byte)(room.at), len(data)), data)
			rows[i] = row{room.at, k, k}
			if room.len -= k; room.len > 0 {
				room.at = unsafe.Add(room.at, len(data))
			}
		}
		r.leave()
		v.Set(out)
		return nil
	}
}

// peekArray is typedArray, but leaves what is empty or null for others to read.
func (r *reader) peekArray(tag arrayTag) ([]byte, error) {
	at := r.pos
	if r.peek() == cborNull {
		return nil, nil
	}
	data, err := r.typedArray(tag)
	if err == nil && len(data) == 0 {
		r.pos = at
	}
	return data, err
}
