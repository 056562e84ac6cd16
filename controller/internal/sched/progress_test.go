package sched

import (
	"reflect"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

func TestAClientIsToldWhatEnginesAreAt(t *testing.T) {
	p := &play{now: time.Unix(1000, 0)}
	p.s = New(Config{Cluster: "test"}, p.now)
	p.client()
	job := p.submit(40, by(10))
	ask := func(from byte, job proto.JobID) *proto.Progress {
		for _, fx := range p.s.Apply(p.now, &Message{Peer: peer(from), Message: &proto.ProgressRequest{Job: job}}) {
			if s, ok := fx.(*Send); ok && s.To == peer(from) {
				return s.Message.(*proto.Progress)
			}
		}
		return nil
	}
	if got := ask(ann, job); got == nil || len(got.Running) > 0 || got.Waiting == "" {
		t.Errorf("without an engine: got %+v", got)
	}
	p.host(box, 2)
	p.started(1, 1)
	p.say(box, &proto.TaskProgress{Tasks: []proto.TaskAt{
		{Task: 2, Attempt: 1, Done: 4, Failed: 1}, {Task: 1, Attempt: 7, Done: 9}, {Task: 99, Attempt: 1, Done: 1},
	}})
	want := []proto.Running{{Engine: 0, First: 0, N: 10}, {Engine: 1, First: 10, N: 10, Done: 4, Failed: 1}}
	if got := ask(ann, job); got == nil || !reflect.DeepEqual(got.Running, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	p.tell(Up{Peer: peer(2), Role: proto.RoleClient, Name: "eve"})
	if got := ask(2, job); got != nil {
		t.Errorf("another client is told %+v", got)
	}
	if got := ask(ann, proto.JobID{9}); got != nil {
		t.Errorf("of no job: got %+v", got)
	}
}
