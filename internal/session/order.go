package session

import (
	"bytes"
	"encoding/hex"
	"io"
	"sync"
	"unicode/utf8"
)

// The pipes that are kept in order.
const (
	pipeStdout = iota
	pipeStderr
	pipeEvents
	pipes
)

// A barrier in a text pipe is the child's mark, the barrier's number as barrierDigits hexadecimal digits, and barrierEnd.
const (
	barrierDigits = 8
	barrierEnd    = '\n'
	markStart     = '\x00'
)

const never = int(^uint(0) >> 1)

// order makes the readers of a child's pipes wait for each other: what a pipe brought after barrier n is delivered after
// everything that any pipe brought before barrier n.
type order struct {
	mu     sync.Mutex
	moved  *sync.Cond
	at     [pipes]int
	owner  int
	owners map[int]int // barrier -> cell
}

func newOrder() *order {
	o := &order{owners: map[int]int{}}
	o.moved = sync.NewCond(&o.mu)
	return o
}

// reach says that a pipe has come to barrier n, and waits until all have.
func (o *order) reach(pipe, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at[pipe] = max(n, o.at[pipe])
	o.moved.Broadcast()
	for min(o.at[pipeStdout], o.at[pipeStderr], o.at[pipeEvents]) < n {
		o.moved.Wait()
	}
}

// end says that a pipe will bring no more.
func (o *order) end(pipe int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at[pipe] = never
	o.moved.Broadcast()
}

// own notes to which cell belongs what comes after barrier n.
func (o *order) own(n, cell int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.owners[n] = cell
	delete(o.owners, n-16)
}

// ownerOf returns the cell to which belongs what a pipe brings now.
func (o *order) ownerOf(pipe int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at[pipe] == never {
		return o.owner
	}
	if cell, ok := o.owners[o.at[pipe]]; ok {
		o.owner = cell
	}
	return o.owner
}

// sink takes what a text pipe brings.
type sink interface {
	text(string)
	// barrier is called when all pipes have come to a barrier.
	barrier()
}

// readText reads a text pipe to its end and passes its text on, cut at barriers and never inside a character.
func (o *order) readText(r io.Reader, pipe int, mark []byte, to sink) {
	defer o.end(pipe)
	var have []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		have = append(have, buf[:n]...)
		have = o.consume(have, pipe, mark, to, err != nil)
		if err != nil {
			return
		}
	}
}

// consume passes on what is complete, and returns the rest.
func (o *order) consume(have []byte, pipe int, mark []byte, to sink, last bool) []byte {
	for {
		i := bytes.Index(have, mark)
		if i < 0 || len(have) < i+len(mark)+barrierDigits+1 {
			break
		}
		number := have[i+len(mark) : i+len(mark)+barrierDigits]
		if i > 0 {
			to.text(string(have[:i]))
		}
		have = have[i+len(mark)+barrierDigits+1:]
		if n, err := hex.DecodeString(string(number)); err == nil {
			o.reach(pipe, int(n[0])<<24|int(n[1])<<16|int(n[2])<<8|int(n[3]))
			to.barrier()
		}
	}
	keep := 0
	if !last {
		keep = unfinished(have, mark)
	}
	if cut := len(have) - keep; cut > 0 {
		to.text(string(have[:cut]))
		have = append([]byte(nil), have[cut:]...)
	}
	return have
}

// unfinished returns how many bytes at the end may be the beginning of a barrier or of a character.
func unfinished(b, mark []byte) int {
	if i := bytes.LastIndexByte(b, markStart); i >= 0 {
		if rest := b[i:]; bytes.HasPrefix(mark, rest) || bytes.HasPrefix(rest, mark) {
			return len(rest)
		}
	}
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}
