package proto

import (
	"reflect"
	"testing"
)

// TestJoinIsTheInverseOfSlice cuts blocks in two and joins the halves.
func TestJoinIsTheInverseOfSlice(t *testing.T) {
	var texts Block
	for _, s := range []string{"a", "", "bcd", "e"} {
		texts.Append([]byte(s))
	}
	for _, b := range []Block{texts, {Kind: BlockFixed, Elem: ElemInt16, N: 3, Data: []byte{1, 2, 3, 4, 5, 6}}, {N: 4}} {
		for at := range b.N + 1 {
			head, tail := b.Slice(0, at), b.Slice(at, b.N)
			if err := head.Join(tail); err != nil {
				t.Fatal(err)
			}
			if err := head.Check(); err != nil || head.N != b.N {
				t.Errorf("cut at %d: %+v, %v", at, head, err)
			}
			for i := range b.N {
				if string(head.At(i)) != string(b.At(i)) {
					t.Errorf("cut at %d: element %d is %q, was %q", at, i, head.At(i), b.At(i))
				}
			}
		}
	}
	before := texts.Slice(0, 2)
	kept := reflect.ValueOf(before.Data).Pointer()
	if err := before.Join(Block{Kind: BlockFixed, Elem: ElemInt8, N: 1, Data: []byte{1}}); err == nil {
		t.Error("blocks of two kinds go together")
	}
	if err := before.Join(texts); err != nil || reflect.ValueOf(before.Data).Pointer() == kept && len(texts.At(2)) != 3 {
		t.Error("the bytes of another block have changed")
	}
}
