package proto

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

func TestPackedMessagesComeOutInOrder(t *testing.T) {
	long := bytes.Repeat([]byte{1}, smallMessage)
	var in [][][]byte
	add := func(m Message) { in = append(in, Encode(m)) }
	add(&Cancel{Job: JobID{1}})
	add(&Ping{Seq: 1})
	for i := range 3000 {
		add(&Cancel{Job: JobID{2, byte(i), byte(i >> 8)}})
	}
	add(&Object{Data: long})
	add(&Cancel{Job: JobID{3}})
	want := fmt.Sprint(in)
	messages := len(in)
	packed := Pack(in)
	if len(packed) > 10 {
		t.Errorf("%d messages became %d", messages, len(packed))
	}
	var out [][][]byte
	for _, m := range packed {
		if !IsPacked(m) {
			out = append(out, m)
			continue
		}
		if len(m[0]) > packLimit {
			t.Errorf("a packed message of %d bytes", len(m[0]))
		}
		if err := Unpack(m, func(frames [][]byte) error { out = append(out, frames); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(out) != want {
		t.Error("other messages came out than went in")
	}
}

func TestMalformedPacks(t *testing.T) {
	for name, frame := range map[string][]byte{
		"a length and nothing else":   {byte(TypePacked), 3},
		"an unfinished length":        {byte(TypePacked), 0x80},
		"an empty message":            {byte(TypePacked), 0},
		"a huge length":               {byte(TypePacked), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1},
		"a pack in a pack":            {byte(TypePacked), 1, byte(TypePacked)},
		"a message of the link's own": {byte(TypePacked), 1, byte(TypeHello)},
	} {
		t.Run(name, func(t *testing.T) {
			err := Unpack([][]byte{frame}, func([][]byte) error { return nil })
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
