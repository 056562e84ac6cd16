package sched

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// rig is a scheduler with engines that answer when they are told to.
type rig struct {
	s        *Scheduler
	now      time.Time
	client   proto.PeerID
	assigned []proto.Task
	results  int
	ends     int
	jobs     uint64
}

func newRig(hosts, engines int) *rig {
	g := &rig{now: time.Unix(1000, 0), client: proto.PeerID{0: 0xC}}
	g.s = New(Config{}, g.now)
	g.apply(Up{Peer: g.client, Role: proto.RoleClient, Name: "c"})
	for i := range hosts {
		id := proto.PeerID{0: 1, 1: byte(i >> 8), 2: byte(i)}
		g.apply(Up{Peer: id, Role: proto.RoleEngineHost, Name: "h"})
		m := &proto.Register{Info: proto.HostInfo{Host: "h", PID: 1}}
		for range engines {
			m.Engines = append(m.Engines, proto.EngineInfo{ID: proto.NoEngine, PID: 1})
		}
		g.apply(&Message{Peer: id, Message: m})
	}
	return g
}

func (g *rig) apply(ev Event) {
	var acks []proto.Message
	for _, fx := range g.s.Apply(g.now, ev) {
		send, ok := fx.(*Send)
		if !ok {
			continue
		}
		switch m := send.Message.(type) {
		case *proto.Assign:
			g.assigned = append(g.assigned, m.Tasks...)
		case *proto.Result:
			g.results += m.Chunk.N
			if m.End != 0 {
				g.ends++
			}
			acks = append(acks, &proto.Ack{Jobs: []proto.Acked{{Job: m.Job, Next: m.Seq + 1}}})
		case *proto.JobEnd:
			g.ends++
			acks = append(acks, &proto.Ack{Jobs: []proto.Acked{{Job: m.Job, Next: m.Seq + 1}}})
		}
	}
	for _, m := range acks {
		g.apply(&Message{Peer: g.client, Message: m})
	}
}

func (g *rig) submit(spec proto.JobSpec) proto.JobID {
	g.jobs++
	binary.BigEndian.PutUint64(spec.ID[:8], g.jobs)
	spec.Kind, spec.Placement, spec.Code = proto.JobCall, proto.PlaceAny, proto.HashOf([]byte("f"))
	g.apply(&Message{Peer: g.client, Message: &proto.Submit{Spec: spec}})
	return spec.ID
}

// work lets every assigned task run for a time per element.
func (g *rig) work(element time.Duration) {
	tasks := g.assigned
	g.assigned = nil
	for _, t := range tasks {
		host := g.s.engines[t.Engine].host.id
		g.apply(&Message{Peer: host, Message: &proto.TaskStarted{Task: t.ID, Attempt: t.Attempt}})
		took := time.Duration(t.N) * element
		g.now = g.now.Add(took / 16)
		g.apply(&Message{Peer: host, Message: &proto.TaskDone{Task: t.ID, Attempt: t.Attempt,
			Chunk: proto.Chunk{First: t.First, N: t.N, Started: g.now, Completed: g.now.Add(took)}}})
	}
}

func BenchmarkSingleElementJobs(b *testing.B) {
	g := newRig(250, 4)
	const n = 100_000
	for b.Loop() {
		for range n {
			g.submit(proto.JobSpec{Inputs: []proto.Block{proto.RangeBlock(0, 1, 1)}})
		}
		for g.ends < n {
			g.work(10 * time.Microsecond)
		}
		g.ends = 0
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*b.N), "ns/job")
}

func BenchmarkMapOfAMillion(b *testing.B) {
	g := newRig(1, 4)
	for b.Loop() {
		g.submit(proto.JobSpec{Inputs: []proto.Block{proto.RangeBlock(0, 1_000_000, 1)}})
		for g.ends == 0 {
			g.work(100 * time.Nanosecond)
		}
		g.ends = 0
	}
}
