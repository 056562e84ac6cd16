package proto

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestPackedMessagesComeOutInOrder(t *testing.T) {
	var in []Message
	var pack []byte
	add := func(m Message) {
		var ok bool
		if pack, ok = AppendPacked(pack, m); !ok {
			t.Fatalf("%T is not packed", m)
		}
		in = append(in, m)
	}
	for i := range 3000 {
		add(&Cancel{Job: JobID{2, byte(i), byte(i >> 8)}})
		add(&Output{Text: strings.Repeat("x", i)})
	}
	before := len(pack)
	for _, m := range []Message{&Object{Data: make([]byte, inlineLimit+1)}, &Output{Text: strings.Repeat("x", smallMessage)}, &Ping{Seq: 1}} {
		var ok bool
		if pack, ok = AppendPacked(pack, m); ok || len(pack) != before {
			t.Errorf("%T was packed, into %d bytes more", m, len(pack)-before)
		}
	}
	var d Decoder
	var out []Message
	if err := d.Unpack([][]byte{pack}, func(m Message) error { out = append(out, m); return nil }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out) {
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
			var d Decoder
			err := d.Unpack([][]byte{frame}, func(Message) error { return nil })
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
