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

// maxRowHead is the most that stands before a row's numbers.
const maxRowHead = 12

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
		bytes := 0
		for _, x := range rows {
			bytes += maxRowHead + x.len*size
		}
		e.buf = slices.Grow(e.buf, bytes)
		for _, x := range rows {
			if x.at == nil {
				e.buf = append(e.buf, cborNull)
				continue
			}
			if tag.tag != 0 {
				e.buf = appendHead(e.buf, majorTag, tag.tag)
			}
			e.buf = appendHead(e.buf, majorBytes, uint64(x.len*size))
			e.buf = append(e.buf, unsafe.Slice((*byte)(x.at), x.len*size)...)
		}
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
		var room row // of what was allocated together
		for i := range rows {
			data, err := r.peekArray(tag)
			if err != nil {
				return within(fmt.Sprintf("[%d]", i), err)
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
