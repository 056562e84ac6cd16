package engine

import (
	"fmt"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/proto"
)

// captureBytes bounds how much of a task's printed text travels with its result, for each of the two streams.
const captureBytes = 1 << 20

// capture collects what a task prints, and passes it on while the task runs if the job is live.
type capture struct {
	live bool
	send Output

	mu   sync.Mutex
	text [2]strings.Builder // stdout, stderr
	lost [2]int
}

func (c *capture) take(stderr bool, text string) {
	if c.live {
		c.send(stderr, text)
	}
	c.keep(stderr, text)
}

// keep takes what has been passed on.
func (c *capture) keep(stderr bool, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := 0
	if stderr {
		i = 1
	}
	room := max(0, captureBytes-c.text[i].Len())
	if len(text) > room {
		c.lost[i] += len(text) - room
		text = text[:room]
	}
	c.text[i].WriteString(text)
}

// fill puts the text into the chunk, unless the worker has done so.
func (c *capture) fill(k *proto.Chunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.Stdout == "" {
		k.Stdout = c.stream(0)
	}
	if k.Stderr == "" {
		k.Stderr = c.stream(1)
	}
}

func (c *capture) stream(i int) string {
	s := strings.ToValidUTF8(c.text[i].String(), "\uFFFD")
	if c.lost[i] > 0 {
		s += fmt.Sprintf("\n[%d more bytes were printed; the first %d are kept]\n", c.lost[i], captureBytes)
	}
	return s
}
