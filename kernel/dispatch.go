package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/gocluster/gocluster/internal/jupyter"
)

// lane is a queue of requests that are served one after the other. Lanes run beside each other.
type lane string

// The lanes, in the words of the dispatch table's policy column.
const (
	// preempt: served at once, whatever runs; all of control.
	preempt lane = "preempt"
	// serial: in turn with the cells.
	serial lane = "serial"
	// concurrent: while a cell runs, without the session.
	concurrent lane = "concurrent"
	// assist: while a cell runs, with the session's help, for which a busy session may let wait.
	assist lane = "assist"
)

var lanes = []lane{preempt, serial, concurrent, assist}

// laneCapacity is how many requests a lane holds before it lets their senders wait.
const laneCapacity = 4096

// reply is what a handler answers: the content of the reply, which is nil for messages that have none, and its metadata.
type reply struct {
	content  any
	metadata any
}

// entry is one line of the dispatch table.
type entry struct {
	policy lane
	handle func(k *kernel, ctx context.Context, r *jupyter.Request) (reply, error)
	// quick says of a request that it needs nothing that it might wait for: it is served by the goroutine that has read it, if
	// nothing is before it. nil means none.
	quick func(r *jupyter.Request) bool
}

// table says who serves which request on shell. On control everything preempts.
var table map[string]entry

func init() { // the handlers refer to the table
	table = map[string]entry{
		"execute_request":         {policy: serial, handle: (*kernel).execute, quick: isBlank},
		"history_request":         {policy: serial, handle: (*kernel).historyReply},
		"comm_open":               {policy: serial, handle: (*kernel).commMessage},
		"comm_msg":                {policy: serial, handle: (*kernel).commMessage},
		"comm_close":              {policy: serial, handle: (*kernel).commMessage},
		"comm_info_request":       {policy: concurrent, handle: (*kernel).commInfo},
		"kernel_info_request":     {policy: concurrent, handle: (*kernel).kernelInfo},
		"connect_request":         {policy: concurrent, handle: (*kernel).refuse},
		"complete_request":        {policy: assist, handle: (*kernel).complete},
		"inspect_request":         {policy: assist, handle: (*kernel).inspect},
		"is_complete_request":     {policy: assist, handle: (*kernel).isComplete},
		"interrupt_request":       {policy: preempt, handle: (*kernel).interruptReply},
		"shutdown_request":        {policy: preempt, handle: (*kernel).shutdown},
		"debug_request":           {policy: preempt, handle: (*kernel).refuseDebug},
		"create_subshell_request": {policy: preempt, handle: (*kernel).createSubshell},
		"delete_subshell_request": {policy: preempt, handle: (*kernel).deleteSubshell},
		"list_subshell_request":   {policy: preempt, handle: (*kernel).listSubshells},
	}
}

// Request puts a request on its lane.
func (k *kernel) Request(r *jupyter.Request) {
	<-k.ready
	e, ok := table[r.Header.Type]
	switch {
	case !ok && !strings.HasSuffix(r.Header.Type, "_request"):
		k.ignored.Warn("ignored a message of an unknown type", "type", r.Header.Type)
		return
	case !ok:
		e.policy = concurrent
	}
	if r.Channel == jupyter.Control {
		e.policy = preempt
	}
	if onSubshell(r) {
		if k.onSubshell(r) {
			return
		}
		e.policy = concurrent // it is answered that there is none
	}
	l, ctx := k.lanes[e.policy], k.group.Context()
	if ctx.Err() == nil && e.quick != nil && e.quick(r) && l.now(func() { k.wire.Together(func() { k.serve(ctx, r) }) }) {
		return
	}
	l.put(r, k.iopub.done)
}

// drive serves a lane.
func (k *kernel) drive(ctx context.Context, l *line[*jupyter.Request]) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-l.queue:
			l.do(func() { k.serve(ctx, r) })
		}
	}
}

// serve is one request: busy, whatever its handler does, the reply, idle. A handler's defect costs a reply, not the idle.
func (k *kernel) serve(ctx context.Context, r *jupyter.Request) {
	k.status(r, "busy")
	defer k.status(r, "idle")
	e, ok := table[r.Header.Type]
	if !ok {
		e.handle = (*kernel).refuse
	}
	rep, err := k.guarded(ctx, r, e)
	switch {
	case err != nil && !strings.HasSuffix(r.Header.Type, "_request"):
		return // messages of comms have no reply
	case err != nil:
		rep = reply{content: problem("Error", err.Error())}
	}
	if rep.content == nil {
		return
	}
	if err := k.reply(ctx, r, rep); err != nil {
		k.log.Warn("a reply was lost", "to", r.Header.Type, "why", err)
	}
}

func (k *kernel) guarded(ctx context.Context, r *jupyter.Request, e entry) (rep reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			k.log.Error("defect in the kernel", "request", r.Header.Type, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("defect in the kernel: %v", p)
		}
	}()
	if onSubshell(r) && k.subshells.get(r.Header.Subshell) == nil {
		return reply{}, noSubshell(r.Header.Subshell)
	}
	return e.handle(k, ctx, r)
}

func (k *kernel) reply(ctx context.Context, r *jupyter.Request, rep reply) error {
	m, err := k.author.New(strings.TrimSuffix(r.Header.Type, "_request")+"_reply", &r.Message, rep.content)
	if err != nil {
		return err
	}
	if rep.metadata != nil {
		if err := m.SetMetadata(rep.metadata); err != nil {
			return err
		}
	}
	// The kernel's end must not cost the reply to the request that ends it.
	return k.wire.Reply(context.WithoutCancel(ctx), r, m)
}

func (k *kernel) status(r *jupyter.Request, state string) {
	k.publish(r, "status", json.RawMessage(`{"execution_state":"`+state+`"}`))
}

// publish publishes a message about a request that is not a cell's output. Control does not wait for slow clients.
func (k *kernel) publish(r *jupyter.Request, msgType string, content any) {
	if r.Channel == jupyter.Control {
		k.iopub.aside(msgType, &r.Message, content)
	} else {
		k.iopub.publish(msgType, &r.Message, content)
	}
}

// problem is the content of a reply that says why not.
func problem(ename, evalue string) errorContent {
	return errorContent{Status: "error", EName: ename, EValue: evalue, Traceback: []string{ename + ": " + evalue}}
}

// errorContent is a failure, in replies and on iopub.
type errorContent struct {
	Status    string   `json:"status,omitempty"`
	Count     *int     `json:"execution_count,omitempty"`
	EName     string   `json:"ename"`
	EValue    string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

var errUnsupported = errors.New("this kernel does not support it")

func (k *kernel) refuse(_ context.Context, r *jupyter.Request) (reply, error) {
	return reply{content: problem("NotSupported", fmt.Sprintf("%s: %v", r.Header.Type, errUnsupported))}, nil
}
