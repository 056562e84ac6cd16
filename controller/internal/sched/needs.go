package sched

import (
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// needs are the objects that some jobs of a client need. Jobs that follow each other and need the same share them.
type needs struct {
	client  *client
	objects []proto.Hash
	jobs    int // that are not over
}

// need notes which objects a job needs now, besides those that it needs already.
func (s *Scheduler) need(j *job) {
	before := j.needs
	c := j.client
	if n := c.needs; n != nil && n.jobs > 0 && n.are(j) {
		n.jobs++
		j.needs = n
	} else {
		c.needs = &needs{client: c, objects: j.objects(), jobs: 1}
		j.needs = c.needs
		if len(j.needs.objects) > 0 {
			s.do(Begin{Client: c.id, Objects: j.needs.objects})
		}
	}
	s.release(before)
}

// release notes that a job is over, or needs other objects now.
func (s *Scheduler) release(n *needs) {
	if n == nil {
		return
	}
	if n.jobs--; n.jobs == 0 && len(n.objects) > 0 {
		s.do(Over{Client: n.client.id, Objects: n.objects})
	}
}

// are reports whether they are a job's.
func (n *needs) are(j *job) bool {
	rest := n.objects
	same := j.eachObject(func(h proto.Hash) bool {
		if len(rest) == 0 || rest[0] != h {
			return false
		}
		rest = rest[1:]
		return true
	})
	return same && len(rest) == 0
}

// eachObject calls f with the objects that the job's tasks need, until it returns false.
func (j *job) eachObject(f func(proto.Hash) bool) bool {
	for _, h := range [...]proto.Hash{j.spec.Code, j.spec.Captures} {
		if !h.IsZero() && !f(h) {
			return false
		}
	}
	for _, h := range j.spec.Objects {
		if !h.IsZero() && !f(h) {
			return false
		}
	}
	for _, p := range j.spec.Programs {
		if !f(p.Hash) {
			return false
		}
	}
	return true
}

func (j *job) objects() (hashes []proto.Hash) {
	j.eachObject(func(h proto.Hash) bool { hashes = append(hashes, h); return true })
	return hashes
}

// cannotDoWithout reports whether a job fails where an object is missing: without a program it is interpreted.
func (j *job) cannotDoWithout(h proto.Hash) bool {
	return j.spec.Code == h || j.spec.Captures == h || slices.Contains(j.spec.Objects, h)
}
