package controller

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Cells of engines' sessions are compiled by clients. Which client that is makes no difference to what comes of it, so any will do that has
// said that it compiles for the engine's kind of executable.

// cells is which clients compile what, and what they have been asked for.
type cells struct {
	version uint64
	makers  map[proto.PeerID]proto.CellMaker
	asked   map[proto.Hash]*cell
}

// cell is a cell that is to be compiled.
type cell struct {
	need  *proto.NeedCell
	hosts []proto.PeerID // who wants it
	by    proto.PeerID   // who compiles it, zero: nobody at present
	until time.Time      // how long nobody may
	tried []proto.PeerID // who has other packages of other modules than it needs, or none
}

// another tells whether any client will do, and one may know packages of other modules that another does not.
func (q *cell) another() bool {
	return q.need.Job == (proto.JobID{}) && (q.need.Source == "" || len(q.need.Packages) > 0)
}

// makerReturn is how long a cell waits for a client to come back that has lost its connection.
const makerReturn = 10 * time.Second

func newCells() cells {
	return cells{makers: map[proto.PeerID]proto.CellMaker{}, asked: map[proto.Hash]*cell{}}
}

// cellMessage deals with what clients and hosts say about cells; it reports whether m was about them.
func (c *Controller) cellMessage(p *peer, m proto.Message) bool {
	client := p.link.Role() == proto.RoleClient
	switch m := m.(type) {
	case *proto.CellMaker:
		if !client {
			return false
		}
		c.cellMaker(p.link.ID(), *m)
	case *proto.NeedCell:
		if client {
			return false
		}
		c.needCell(p.link.ID(), m)
	case *proto.Cell:
		if !client {
			return false
		}
		if q := c.cells.asked[m.Key]; q != nil && q.by == p.link.ID() {
			if q.tried = append(q.tried, q.by); m.Error == "" || !q.another() || !c.askMaker(q) {
				c.answerCell(q, m)
			}
		}
	default:
		return false
	}
	return true
}

// cellMaker notes what a client compiles, and tells the hosts.
func (c *Controller) cellMaker(id proto.PeerID, m proto.CellMaker) {
	if old, known := c.cells.makers[id]; known && old == m {
		return
	}
	c.cells.makers[id] = m
	c.tellMakers()
	for _, q := range c.cells.asked {
		if q.by == (proto.PeerID{}) {
			c.askMaker(q)
		}
	}
}

// makers is what hosts are told.
func (c *Controller) makers() proto.CellMakers {
	different := map[proto.CellMaker]bool{}
	for _, m := range c.cells.makers {
		different[m] = true
	}
	list := slices.SortedFunc(maps.Keys(different), func(a, b proto.CellMaker) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Why, b.Why)) })
	return proto.CellMakers{Version: c.cells.version, List: list}
}

func (c *Controller) tellMakers() {
	c.cells.version++
	m := c.makers()
	for _, p := range c.peers {
		if p.link.Role() == proto.RoleEngineHost {
			c.send(p, &m)
		}
	}
}

// needCell has a cell compiled for a host, unless that is under way.
func (c *Controller) needCell(host proto.PeerID, m *proto.NeedCell) {
	if q := c.cells.asked[m.Key]; q != nil {
		if !slices.Contains(q.hosts, host) {
			q.hosts = append(q.hosts, host)
		}
		return
	}
	q := &cell{need: m, hosts: []proto.PeerID{host}}
	c.cells.asked[m.Key] = q
	if !c.askMaker(q) {
		c.answerCell(q, nobody(m))
	}
}

func nobody(need *proto.NeedCell) *proto.Cell {
	if need.Job != (proto.JobID{}) {
		return &proto.Cell{Key: need.Key, Error: "it needs packages of other modules as the client of its job has them, and that client does not compile for this engine, or is not connected any more"}
	}
	return &proto.Cell{Key: need.Key, Cold: "no client is connected that compiles cells for this engine"}
}

// askMaker asks a client that can compile the cell, if there is one. Where packages of other modules matter, it is the one of the job.
func (c *Controller) askMaker(q *cell) bool {
	var only proto.PeerID
	if q.need.Job != (proto.JobID{}) {
		only, _ = c.sched.Client(q.need.Job)
	}
	for id, m := range c.cells.makers {
		if q.need.Job != (proto.JobID{}) && id != only || slices.Contains(q.tried, id) {
			continue
		}
		if p := c.peers[id]; p != nil && m.Kind == q.need.Kind {
			q.by, q.until = id, time.Time{}
			c.send(p, q.need)
			return true
		}
	}
	return false
}

// answerCell tells all hosts that have asked.
func (c *Controller) answerCell(q *cell, m *proto.Cell) {
	delete(c.cells.asked, q.need.Key)
	for _, id := range q.hosts {
		if p := c.peers[id]; p != nil {
			c.send(p, m)
		}
	}
}

// cellsWithout has others do what a peer was asked for whose connection is gone. A host asks again when it is back.
func (c *Controller) cellsWithout(id proto.PeerID, final bool) {
	for _, q := range c.cells.asked {
		q.hosts = slices.DeleteFunc(q.hosts, func(host proto.PeerID) bool { return host == id })
	}
	if _, was := c.cells.makers[id]; !was {
		return
	}
	delete(c.cells.makers, id)
	c.tellMakers()
	for _, q := range c.cells.asked {
		switch {
		case q.by != id || c.askMaker(q):
		case final:
			c.answerCell(q, nobody(q.need))
		default:
			q.by, q.until = proto.PeerID{}, time.Now().Add(makerReturn)
		}
	}
}

// giveUpCells answers for cells that nobody has compiled in time.
func (c *Controller) giveUpCells() {
	now := time.Now()
	for _, q := range c.cells.asked {
		if !q.until.IsZero() && now.After(q.until) {
			c.answerCell(q, nobody(q.need))
		}
	}
}
