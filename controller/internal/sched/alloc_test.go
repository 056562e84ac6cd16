package sched

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// A job of one element takes one piece of memory, that of the job itself: what it is given out, done, told and forgotten with is in it, or is
// used again. The messages that come are made before, and what they carry is theirs.
func TestAJobOfOneElementIsOneAllocation(t *testing.T) {
	const n = 200
	g := newRig(1, 4)
	g.submit(proto.JobSpec{Inputs: []proto.Block{proto.RangeBlock(0, 1, 1)}})
	g.work(time.Microsecond)
	host := g.s.engines[0].host.id
	submits, done := make([]proto.Submit, n), make([]proto.TaskDone, n)
	acks := &proto.Ack{Jobs: make([]proto.Acked, n)}
	inputs := make([]proto.Block, n)
	said := make([]Message, n)
	events := make([]Event, n)
	tell := func(peer proto.PeerID, of func(i int) proto.Message) []Effect {
		for i := range events {
			said[i] = Message{Peer: peer, Message: of(i)}
			events[i] = &said[i]
		}
		g.now = g.now.Add(time.Microsecond)
		return g.s.Apply(g.now, events...)
	}
	first := g.s.lastTask
	round := func() {
		for i := range submits {
			inputs[i] = proto.RangeBlock(int64(i), 1, 1)
			spec := proto.JobSpec{Kind: proto.JobCall, Placement: proto.PlaceAny, Code: proto.HashOf(nil), Inputs: inputs[i : i+1]}
			g.jobs++
			binary.BigEndian.PutUint64(spec.ID[:8], g.jobs)
			submits[i] = proto.Submit{Spec: spec}
			acks.Jobs[i] = proto.Acked{Job: spec.ID, Next: 1}
		}
		assigned := 0
		count := func(effects []Effect) {
			for _, fx := range effects {
				if s, ok := fx.(*Send); ok {
					if a, ok := s.Message.(*proto.Assign); ok {
						for i := range a.Tasks {
							k := proto.Chunk{N: 1, Started: g.now, Completed: g.now.Add(time.Microsecond)}
							done[assigned] = proto.TaskDone{Task: a.Tasks[i].ID, Attempt: a.Tasks[i].Attempt, Chunk: k}
							assigned++
						}
					}
				}
			}
		}
		count(tell(g.client, func(i int) proto.Message { return &submits[i] }))
		for told := 0; told < n; {
			all := assigned
			if all == told {
				t.Fatalf("%d of %d tasks were given out", told, n)
			}
			for ; told < all; told++ {
				said[0] = Message{Peer: host, Message: &done[told]}
				count(g.s.Apply(g.now, events[:1]...))
			}
		}
		said[0] = Message{Peer: g.client, Message: acks}
		g.s.Apply(g.now, events[:1]...)
	}
	round() // lists and tables have their size then
	got := testing.AllocsPerRun(20, round) / n
	if len(g.s.jobs) != 0 || g.s.lastTask < first+n {
		t.Fatalf("%d jobs are left, %d tasks were given out", len(g.s.jobs), g.s.lastTask-first)
	}
	if got > 1.3 {
		t.Errorf("%.2f allocations for a job, want the job's own", got)
	}
}
