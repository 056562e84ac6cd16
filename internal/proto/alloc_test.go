package proto

import (
	"testing"
	"time"
)

// hot are the messages of a job of one element, with what making them anew may allocate: the message, and the lists in it.
var hot = []struct {
	m       Message
	decoded float64
}{
	{&Submit{Spec: JobSpec{ID: JobID{1}, Kind: JobCall, Placement: PlaceAny, Func: "factor", Code: Hash{1}, Inputs: []Block{RangeBlock(1, 1, 1)},
		Programs: []Program{{Platform: "linux/amd64", Hash: Hash{2}}}}}, 3},
	{&Accepted{Jobs: []JobID{{1}, {2}}, Platforms: []string{"linux/amd64"}}, 3},
	{&Assign{Tasks: []Task{{ID: 7, Attempt: 1, Job: JobID{1}, Kind: JobCall, N: 1, Code: Hash{1}, Program: Hash{2}, Inputs: []Block{RangeBlock(1, 1, 1)}}}}, 3},
	{&TaskDone{Task: 7, Attempt: 1, Chunk: Chunk{N: 1, Outputs: []Block{{Kind: BlockFixed, Elem: ElemInt64, N: 1, Data: make([]byte, 8)}}, Started: time.Now()}}, 2},
	{&Result{Job: JobID{1}, End: JobDone, Chunk: Chunk{N: 1, Outputs: []Block{{Kind: BlockFixed, Elem: ElemInt64, N: 1, Data: make([]byte, 8)}}}}, 2},
	{&Ack{Jobs: []Acked{{Job: JobID{1}, Next: 1}, {Job: JobID{2}, Next: 1}}}, 2},
}

func TestHotMessagesCostNoAllocationToEncodeAndFewToDecode(t *testing.T) {
	var d Decoder
	var err error
	take := func(Message) error { return nil }
	for _, h := range hot {
		pack := make([]byte, 0, 4096)
		var out []byte
		if n := testing.AllocsPerRun(100, func() { out, _ = AppendPacked(pack, h.m) }); n > 0.5 {
			t.Errorf("%T: %v allocations to encode it", h.m, n)
		}
		frames := [][]byte{out}
		if n := testing.AllocsPerRun(100, func() { err = d.Unpack(frames, take) }); n > h.decoded+0.5 || err != nil {
			t.Errorf("%T: %v allocations to decode it, want %v (%v)", h.m, n, h.decoded, err)
		}
	}
}

func BenchmarkHotMessages(b *testing.B) {
	var d Decoder
	take := func(Message) error { return nil }
	var pack []byte
	b.ReportAllocs()
	for b.Loop() {
		pack = pack[:0]
		for _, h := range hot {
			pack, _ = AppendPacked(pack, h.m)
		}
		if err := d.Unpack([][]byte{pack}, take); err != nil {
			b.Fatal(err)
		}
	}
}
