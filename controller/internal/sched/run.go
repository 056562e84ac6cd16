package sched

import (
	"fmt"

	"github.com/gocluster/gocluster/internal/proto"
)

// Programs that engine hosts run for clients are nothing that is scheduled: their messages are passed on.

// route is where the messages of a program go.
type route struct{ client, host proto.PeerID }

// run has an engine's host run a program.
func (s *Scheduler) run(c *client, m *proto.Run) {
	e := s.engineAt(m.Engine)
	switch {
	case s.runs[m.ID] != (route{}):
		return // said again
	case e == nil || e.host == nil || !e.host.up:
		s.send(c.id, &proto.RunEnd{ID: m.ID, Error: fmt.Sprintf("engine %d is not there", int(m.Engine))})
		return
	}
	s.runs[m.ID] = route{c.id, e.host.id}
	s.send(e.host.id, m)
}

// passOn passes a message of a program to the other side.
func (s *Scheduler) passOn(from proto.PeerID, id proto.JobID, m proto.Message) {
	r, ok := s.runs[id]
	switch {
	case !ok:
	case from == r.client:
		s.send(r.host, m)
	case from == r.host:
		if _, over := m.(*proto.RunEnd); over {
			delete(s.runs, id)
		}
		s.send(r.client, m)
	}
}

// cutRuns ends the programs of a peer whose connection has broken.
func (s *Scheduler) cutRuns(peer proto.PeerID) {
	for id, r := range s.runs {
		switch peer {
		case r.client:
			s.send(r.host, &proto.RunEnd{ID: id, Error: "its client is gone"})
		case r.host:
			s.send(r.client, &proto.RunEnd{ID: id, Error: "the connection to its engine host was lost, and the program is killed"})
		default:
			continue
		}
		delete(s.runs, id)
	}
}
