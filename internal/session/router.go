package session

import (
	"errors"
	"regexp"
	"strings"
	"sync"
)

// router brings what a child prints and shows to the Output of the request that it belongs to. Requests are numbered; the outputs of
// the latest are kept, since goroutines may print when their cell has ended.
type router struct {
	mu     sync.Mutex // held while an Output is called: outputs see one call at a time
	outs   map[int]Output
	latest int
	// cells and beside are the requests in outs, in order.
	cells, beside []int
	comms         comms
}

// keepOutputs is how many outputs of cells are kept, and how many of what runs beside or between them.
const keepOutputs = 64

func newRouter() *router { return &router{outs: map[int]Output{}} }

func (r *router) begin(seq int, out Output) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outs[seq] = out
	r.latest = seq
	r.cells = r.forget(append(r.cells, seq))
}

// beginBeside is begin for a request that runs beside the cells, or between them.
func (r *router) beginBeside(seq int, out Output) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outs[seq] = out
	r.beside = r.forget(append(r.beside, seq))
}

// forget forgets the oldest of too many requests. The caller holds mu.
func (r *router) forget(seqs []int) []int {
	for len(seqs) > keepOutputs {
		delete(r.outs, seqs[0])
		seqs = seqs[1:]
	}
	return seqs
}

// out returns the output of a request, or the latest where the request has none. The caller holds mu.
func (r *router) out(seq int) Output {
	if o, ok := r.outs[seq]; ok {
		return o
	}
	return r.outs[r.latest]
}

func (r *router) print(seq int, stderr bool, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.out(seq)
	switch {
	case o == nil:
	case stderr:
		o.Stderr(text)
	default:
		o.Stdout(text)
	}
}

// failed tells of the panic of a goroutine, or of a job, that its cell does not fail of.
func (r *router) failed(seq int, e *CellError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch o := r.out(seq).(type) {
	case nil:
	case FailureOutput:
		o.Failed(e)
	default:
		o.Stderr(e.Error() + "\n")
	}
}

// far tells how far a call is, if its Output wants to know.
func (r *router) far(f far) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o, ok := r.outs[f.Seq].(FarOutput); ok {
		o.Far(f.Done, f.Failed)
	}
}

func (r *router) display(seq int, d Data) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.out(seq); o != nil {
		o.Display(d)
	}
}

func (r *router) clear(seq int, wait bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.out(seq); o != nil {
		o.Clear(wait)
	}
}

var errNobody = errors.New("there is nobody to ask for input")

// input does not hold mu while the user thinks: background goroutines may go on printing.
func (r *router) input(seq int, prompt string, password bool) (string, error) {
	r.mu.Lock()
	o := r.out(seq)
	r.mu.Unlock()
	if o == nil {
		return "", errNobody
	}
	return o.Input(prompt, password)
}

type stdoutSink struct{ c *child }

func (s stdoutSink) text(t string) { s.c.router.print(s.c.order.ownerOf(pipeStdout), false, t) }
func (s stdoutSink) barrier()      {}

// stderrSink passes a child's standard error on, except for what the runtime prints when the process dies of it: that becomes the
// reason of its death. Text that looks like last words is held back until the child has shown that it lives.
type stderrSink struct {
	c    *child
	mu   sync.Mutex
	held strings.Builder
	tail string // the end of what was printed last, without a newline at its end: "" at the beginning of a line
}

// maxHeld bounds what is kept of a dying process's words: a dump of all goroutines may be long, and its beginning says it all.
const maxHeld = 64 << 10

var lastWords = regexp.MustCompile(`(?m)^(panic: |fatal error: |runtime: goroutine stack exceeds|SIG[A-Z]+: |unexpected fault address|runtime/cgo: |runtime: out of memory|runtime: (?:failed|cannot|may need) )`)

func (s *stderrSink) text(t string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.Len() > 0 {
		s.hold(t)
		return
	}
	full := s.tail + t
	at := len(full)
	if i := lastWords.FindStringIndex(full); i != nil && i[0] >= len(s.tail) {
		at = i[0]
	}
	if now := full[len(s.tail):at]; now != "" {
		s.print(now)
	}
	s.hold(full[at:])
	s.tail = full[strings.LastIndexByte(full, '\n')+1:]
	if len(s.tail) > 64 {
		s.tail = "x" // a long line's rest begins no line
	}
}

func (s *stderrSink) print(t string) { s.c.router.print(s.c.order.ownerOf(pipeStderr), true, t) }

func (s *stderrSink) hold(t string) {
	if room := maxHeld - s.held.Len(); room > 0 {
		s.held.WriteString(t[:min(room, len(t))])
	}
}

// barrier shows that the child lives.
func (s *stderrSink) barrier() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.Len() > 0 {
		s.print(s.held.String())
		s.held.Reset()
	}
}

// lastWords returns what was held back when the child died.
func (s *stderrSink) lastWords() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.String()
}
