package kernel

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/report"
	"github.com/gocluster/gocluster/internal/session"
)

// What is printed is gathered: the first text of a while goes out after gather, what follows at most every interval, or
// sooner if it is much. Jupyter's server discards output that comes in more than 1000 messages a second.
const (
	gather      = 3 * time.Millisecond
	interval    = 50 * time.Millisecond
	muchText    = 512 << 10
	maxSegments = 16
)

// publisher publishes in order. Who has its line's turn owns it.
type publisher struct {
	ctx     context.Context // ends when slow clients are not waited for any more
	wire    wire
	author  *jupyter.Author
	log     *slog.Logger
	line    *line[event]
	closing chan struct{}
	done    chan struct{}

	// asides are messages that do not wait for slow clients, behind what they are published beside.
	mu     sync.Mutex
	asides []event
	called chan struct{} // holds a token when there may be asides

	// The rest belongs to who has the turn.
	much    int // text that is flushed at once
	pace    pacer
	parent  *jupyter.Message // of the pending segments
	pending []segment
	size    int
	flushed time.Time
	timer   *time.Timer
}

// event is something to publish: text printed, if stream is set, or a message.
type event struct {
	parent  *jupyter.Message
	stream  string
	text    string
	msgType string
	content any
	// metadata and buffers are nil for most messages.
	metadata any
	buffers  [][]byte
}

// segment is text printed to one stream, without any to the other in between.
type segment struct {
	stream string
	text   []byte
}

func newPublisher(ctx context.Context, w wire, author *jupyter.Author, log *slog.Logger) *publisher {
	p := &publisher{ctx: ctx, wire: w, author: author, log: log, much: muchText, line: newLine[event](64), closing: make(chan struct{}), done: make(chan struct{}), called: make(chan struct{}, 1),
		timer: time.NewTimer(time.Hour)}
	p.timer.Stop()
	if behindServer() {
		p.pace, p.much, p.line = newPacer(time.Now()), paceMost, newLine[event](paceLine)
	}
	return p
}

// publish puts a message in line. It waits while clients are slow; after close it does nothing.
func (p *publisher) publish(msgType string, parent *jupyter.Message, content any) {
	p.put(event{parent: parent, msgType: msgType, content: content})
}

// aside publishes a message beside those in line, without waiting: who asks on control is served while a client is slow.
func (p *publisher) aside(msgType string, parent *jupyter.Message, content any) {
	e := event{parent: parent, msgType: msgType, content: content}
	p.mu.Lock()
	many := len(p.asides) >= maxAsides
	if !many {
		p.asides = append(p.asides, e)
	}
	p.mu.Unlock()
	if many {
		p.put(e)
		return
	}
	select {
	case p.called <- struct{}{}:
	default:
	}
}

// maxAsides bounds what is kept of asides while a client is slow.
const maxAsides = 4096

func (p *publisher) takeAsides() {
	p.mu.Lock()
	asides := p.asides
	p.asides = nil
	p.mu.Unlock()
	for _, e := range asides {
		p.take(e)
	}
}

// print puts text of a stream in line.
func (p *publisher) print(stream string, parent *jupyter.Message, text string) {
	if text != "" {
		p.put(event{parent: parent, stream: stream, text: text})
	}
}

func (p *publisher) put(e event) {
	if !p.line.now(func() { p.take(e) }) {
		p.line.put(e, p.done)
	}
}

// close lets run publish what is in line, and end.
func (p *publisher) close() { close(p.closing) }

// run publishes what has to wait for something.
func (p *publisher) run(context.Context) error {
	defer close(p.done)
	defer p.timer.Stop()
	for {
		select {
		case e := <-p.line.queue:
			p.line.do(func() { p.take(e) })
		case <-p.called:
			p.line.beside(p.takeAsides)
		case <-p.timer.C:
			p.line.beside(p.flush)
		case <-p.closing:
			p.line.bar()
			p.drain()
			return nil
		}
	}
}

func (p *publisher) drain() {
	p.line.beside(p.takeAsides)
	for {
		select {
		case e := <-p.line.queue:
			p.line.do(func() { p.take(e) })
		default:
			p.line.beside(p.flush)
			return
		}
	}
}

func (p *publisher) take(e event) {
	if e.stream == "" {
		p.flush()
		p.send("kernel."+p.author.Session()+"."+e.msgType, e)
		return
	}
	if p.parent != e.parent {
		p.flush()
	}
	if len(p.pending) == 0 {
		p.parent = e.parent
		p.timer.Reset(max(gather, interval-time.Since(p.flushed)))
	}
	p.gather(e)
	if p.size >= p.much {
		p.flush()
	}
}

// gather keeps the order between the two streams, unless they alternate so fast that there would be too many messages; the order
// within each is always kept.
func (p *publisher) gather(e event) {
	p.size += len(e.text)
	n := len(p.pending)
	for i := n - 1; i >= 0 && (i == n-1 || n >= maxSegments); i-- {
		if p.pending[i].stream == e.stream {
			p.pending[i].text = append(p.pending[i].text, e.text...)
			return
		}
	}
	p.pending = append(p.pending, segment{e.stream, []byte(e.text)})
}

func (p *publisher) flush() {
	p.timer.Stop()
	if len(p.pending) == 0 {
		return
	}
	for _, s := range p.pending {
		p.send("stream."+s.stream, event{parent: p.parent, msgType: "stream", content: map[string]string{"name": s.stream, "text": string(s.text)}})
	}
	p.pending, p.size, p.parent, p.flushed = nil, 0, nil, time.Now()
}

func (p *publisher) send(topic string, e event) {
	m, err := p.author.New(e.msgType, e.parent, e.content)
	if err == nil && e.metadata != nil {
		err = m.SetMetadata(e.metadata)
	}
	if err == nil {
		m.Buffers = e.buffers
		switch e.msgType {
		case "stream":
			p.pace.wait(p.ctx, len(m.Content)+len(m.Parent))
		case "status", "execute_input", "comm_open": // of these servers pass on any number
		default:
			p.pace.wait(p.ctx, 0)
		}
		err = p.wire.Publish(p.ctx, topic, m)
	}
	if err != nil {
		p.log.Error("output was lost", "type", e.msgType, "why", err)
	}
}

// outlet is where one cell's output goes, also after the cell has ended. It is the Output of the cell's execution.
type outlet struct {
	k       *kernel
	ctx     context.Context // ends with the cell
	request *jupyter.Request
	silent  bool
	stdin   bool
	// unanswered is set when an interrupt has ended a question.
	unanswered atomic.Bool
}

// Stdout prints to the cell's standard output.
func (o *outlet) Stdout(text string) { o.print("stdout", text) }

// Stderr prints to the cell's standard error.
func (o *outlet) Stderr(text string) { o.print("stderr", text) }

// Failed shows the panic of a goroutine.
func (o *outlet) Failed(e *session.CellError) {
	o.Stderr(report.Of(e, &o.k.sources).Text(true) + "\n")
}

func (o *outlet) print(stream, text string) {
	if !o.silent {
		o.k.iopub.print(stream, &o.request.Message, text)
	}
}

func (o *outlet) publish(msgType string, content any) {
	if !o.silent {
		o.k.iopub.publish(msgType, &o.request.Message, content)
	}
}

// displayContent is something shown, in the messages that show something.
type displayContent struct {
	Data      map[string]any    `json:"data"`
	Metadata  map[string]any    `json:"metadata"`
	Transient map[string]string `json:"transient"`
	Count     *int              `json:"execution_count,omitempty"`
}

func content(d session.Data) displayContent {
	c := displayContent{Data: d.MIME, Metadata: d.Metadata, Transient: map[string]string{}}
	if c.Data == nil {
		c.Data = map[string]any{}
	}
	if c.Metadata == nil {
		c.Metadata = map[string]any{}
	}
	if d.ID != "" {
		c.Transient["display_id"] = d.ID
	}
	return c
}

// Display shows something, or changes what is shown under its id.
func (o *outlet) Display(d session.Data) {
	msgType := "display_data"
	if d.Update {
		msgType = "update_display_data"
	}
	o.publish(msgType, content(d))
}

// Clear removes the cell's output, at once or when there is more.
func (o *outlet) Clear(wait bool) { o.publish("clear_output", map[string]bool{"wait": wait}) }

// Input asks the cell's client for a line.
func (o *outlet) Input(prompt string, password bool) (string, error) {
	if !o.stdin {
		return "", errNoStdin
	}
	text, err := o.k.ask(o.ctx, o.request, prompt, password)
	if o.ctx.Err() != nil {
		o.unanswered.Store(true)
	}
	return text, err
}
