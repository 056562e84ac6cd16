package sched

import (
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

func TestAHostWhoseClockIsWrongIsTold(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0:                 "The engine host on box is there with engine 0.",
		50 * time.Second:  "The engine host on box is there with engine 0.",
		time.Hour:         "Its clock is 1h0m0s ahead of the controller's: set one of them",
		-90 * time.Minute: "Its clock is 1h30m0s behind the controller's: set one of them",
	} {
		now := time.Unix(1_800_000_000, 0)
		s := New(Config{Cluster: "test"}, now)
		id := peer(1)
		s.Apply(now, Up{Peer: id, Role: proto.RoleEngineHost, Name: "box"})
		said := ""
		for _, fx := range s.Apply(now, &Message{Peer: id, Message: &proto.Register{
			Info: proto.HostInfo{Host: "box", PID: 1}, Engines: []proto.EngineInfo{{ID: proto.NoEngine}}, Now: now.Add(ahead),
		}}) {
			if a, ok := fx.(Announce); ok {
				said += a.Event.Text
			}
		}
		if !strings.Contains(said, want) || ahead == 0 && said != want {
			t.Errorf("%v ahead: said %q, want %q", ahead, said, want)
		}
		if st := s.Status(1, true); len(st.Hosts) != 1 || st.Hosts[0].Ahead != ahead {
			t.Errorf("%v ahead: the status says %+v", ahead, st.Hosts)
		}
	}
}
