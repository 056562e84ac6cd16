package proto

import "time"

// Keep is what the process that has started a cluster, its keeper, tells the controller as a client: it starts and ends the engines of these
// sets. It is told again whenever something has changed.
type Keep struct{ Sets []KeptSet }

// KeptSet is an engine set as its keeper tells of it.
type KeptSet struct {
	Name string
	// Min and Max bound the engines of a set that follows the work, Idle is how long one has nothing to do before it goes. Max 0: the set's
	// size stays as it is.
	Min, Max int
	Idle     time.Duration
	// Coming is how many engines were asked for that are not there yet.
	Coming int
}

// SetsAction is what a SetsRequest asks for.
type SetsAction uint8

// The actions. Scale, Add and Drain are the clients', Grow is the controller's own.
const (
	// SetsList asks which sets there are.
	SetsList SetsAction = iota
	// SetsScale makes a set one of N engines.
	SetsScale
	// SetsAdd adds a set, as Config says or, without it, the profile.
	SetsAdd
	// SetsDrain ends a set's engines when they have done what they run, and then the set.
	SetsDrain
	// SetsGrow starts N more engines of a set or, below zero, gives up so many of those that are not there yet.
	SetsGrow
)

// SetsRequest asks for something about the cluster's engine sets. The controller passes it on to the keeper, with what it knows of the engines;
// Sets answers it. "" names the only set, or that of a profile without sets.
type SetsRequest struct {
	Seq    uint64
	Do     SetsAction
	Set    string
	N      int
	Config string
	// There are the engines that are there and do not leave.
	There []EngineOf
}

// EngineOf is an engine and what it belongs to, see HostInfo.
type EngineOf struct {
	ID         EngineID
	Set        string
	Part, Rank int
}

// Sets answers SetsRequest when what was asked for is under way.
type Sets struct {
	Seq   uint64
	Error Error
	// Set is the set that was meant.
	Set string
	// Drain are the engines that are drained for it, Begun the parts that were begun.
	Drain []EngineID
	Begun []int
	// List are the sets, or the one that the request was about.
	List []SetStatus
}

// SetStatus is an engine set in Sets.
type SetStatus struct {
	Name, Where, How string
	Min, Max         int
	// Draining says that the set ends with its engines.
	Draining bool
	Parts    []SetPart
}

// SetPart is the engines of a set on one machine, in one job, or of one command: what is started and ends as one.
type SetPart struct {
	// Number is the part's own in the cluster. They rise.
	Number  int
	Machine string
	Phase   string
	// Text says more about the phase, for people.
	Text    string
	Engines []EngineID
	// Want is the number of engines that it has when it is ready, 0 if that is not known before, Coming how many of them are expected.
	Want, Coming int
}

func (*Keep) Type() Type        { return TypeKeep }
func (*SetsRequest) Type() Type { return TypeSetsRequest }
func (*Sets) Type() Type        { return TypeSets }

func (m *Keep) fields(c *coder) {
	list(c, &m.Sets, func(c *coder, s *KeptSet) {
		c.text(&s.Name)
		number(c, &s.Min)
		number(c, &s.Max)
		c.duration(&s.Idle)
		number(c, &s.Coming)
	})
}

func (m *SetsRequest) fields(c *coder) {
	c.uvarint(&m.Seq)
	number(c, &m.Do)
	c.text(&m.Set)
	number(c, &m.N)
	c.text(&m.Config)
	list(c, &m.There, func(c *coder, e *EngineOf) {
		number(c, &e.ID)
		c.text(&e.Set)
		number(c, &e.Part)
		number(c, &e.Rank)
	})
}

func (m *Sets) fields(c *coder) {
	c.uvarint(&m.Seq)
	m.Error.fields(c)
	c.text(&m.Set)
	list(c, &m.Drain, number[EngineID])
	list(c, &m.Begun, number[int])
	list(c, &m.List, func(c *coder, s *SetStatus) { s.fields(c) })
}

func (s *SetStatus) fields(c *coder) {
	c.text(&s.Name)
	c.text(&s.Where)
	c.text(&s.How)
	number(c, &s.Min)
	number(c, &s.Max)
	c.flag(&s.Draining)
	list(c, &s.Parts, func(c *coder, p *SetPart) {
		number(c, &p.Number)
		c.text(&p.Machine)
		c.text(&p.Phase)
		c.text(&p.Text)
		list(c, &p.Engines, number[EngineID])
		number(c, &p.Want)
		number(c, &p.Coming)
	})
}
