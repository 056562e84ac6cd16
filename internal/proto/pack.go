package proto

import (
	"encoding/binary"
	"fmt"
)

// packLimit bounds a packed frame, smallMessage what is packed.
const (
	packLimit    = 64 << 10
	smallMessage = 4 << 10
)

// Pack makes fewer messages of encoded ones that are sent one after the other: what is small becomes part of one message of type
// TypePacked, where that saves anything. Messages that are the link's own business stay as they are. The list is changed in place.
func Pack(messages [][][]byte) [][][]byte {
	out := messages[:0]
	for len(messages) > 0 {
		n, size := small(messages)
		if n < 2 {
			out = append(out, messages[0])
			messages = messages[1:]
			continue
		}
		frame := append(make([]byte, 0, size), byte(TypePacked))
		for _, m := range messages[:n] {
			frame = append(binary.AppendUvarint(frame, uint64(len(m[0]))), m[0]...)
		}
		out = append(out, [][]byte{frame})
		messages = messages[n:]
	}
	return out
}

// small returns how many messages at the list's beginning fit into one, and that one's size.
func small(messages [][][]byte) (n, size int) {
	size = 1
	for _, m := range messages {
		if len(m) != 1 || len(m[0]) > smallMessage || Type(m[0][0]) <= TypeFragment || Type(m[0][0]) == TypePacked {
			break
		}
		if size += binary.MaxVarintLen16 + len(m[0]); size > packLimit {
			break
		}
		n++
	}
	return n, size
}

// IsPacked reports whether a message is several.
func IsPacked(frames [][]byte) bool {
	return len(frames) == 1 && len(frames[0]) > 0 && Type(frames[0][0]) == TypePacked
}

// Unpack calls f for each of the messages that are packed into one, until it returns an error. A message of type TypePacked among
// them is malformed.
func Unpack(frames [][]byte, f func(frames [][]byte) error) error {
	for rest := frames[0][1:]; len(rest) > 0; {
		n, used := binary.Uvarint(rest)
		if used <= 0 || n == 0 || n > uint64(len(rest)-used) {
			return fmt.Errorf("%w: a packed message of %d bytes, of which %d are there", ErrMalformed, n, len(rest))
		}
		one := rest[used : used+int(n) : used+int(n)]
		if Type(one[0]) <= TypeFragment || Type(one[0]) == TypePacked {
			return fmt.Errorf("%w: a message of type %d may not be packed", ErrMalformed, one[0])
		}
		if err := f([][]byte{one}); err != nil {
			return err
		}
		rest = rest[used+int(n):]
	}
	return nil
}
