package sched

import (
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// cost is what an element of some code takes, by the chunks done so far; later chunks count more.
type cost struct {
	seconds, elements, bytes float64
	seen                     int // elements in all
}

const forget = 0.75

// learn takes a chunk of n elements into account.
func (c *cost) learn(n int, took time.Duration, bytes int) {
	c.seconds = c.seconds*forget + max(took, 0).Seconds()
	c.elements = c.elements*forget + float64(n)
	c.seen += n
	c.bytes = c.bytes*forget + float64(bytes)
}

func (c *cost) known() bool { return c.elements > 0 }

// minElement bounds the speed that is believed: clocks are coarse.
const minElement = 2e-9

// element returns the seconds that an element takes.
func (c *cost) element() float64 { return max(c.seconds/c.elements, minElement) }

// output returns the bytes that an element yields.
func (c *cost) output() float64 { return c.bytes / c.elements }

// of returns the time that n elements take.
func (c *cost) of(n int) time.Duration {
	const most = float64(time.Hour)
	return time.Duration(min(c.element()*float64(n)*float64(time.Second), most))
}

// fits returns how many elements take a time.
func (c *cost) fits(d time.Duration) int { return int(min(d.Seconds()/c.element(), 1<<30)) }

// costs remembers what the latest units cost, so that a function that was called before starts well.
type costs struct {
	known map[proto.Hash]*cost
	order []proto.Hash // a ring
	next  int
}

const rememberCosts = 4096

func (c *costs) of(code proto.Hash) *cost {
	if code.IsZero() {
		return &cost{}
	}
	if k := c.known[code]; k != nil {
		return k
	}
	k := &cost{}
	c.known[code] = k
	if len(c.order) < rememberCosts {
		c.order = append(c.order, code)
		return k
	}
	delete(c.known, c.order[c.next])
	c.order[c.next] = code
	c.next = (c.next + 1) % rememberCosts
	return k
}
