package kernel

import (
	"context"
	"encoding/json"

	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/session"
)

// commContent is the content of comm_open, comm_msg and comm_close.
type commContent struct {
	ID     string          `json:"comm_id"`
	Target string          `json:"target_name,omitempty"`
	Data   json.RawMessage `json:"data"`
}

var commKinds = map[string]session.CommKind{"comm_open": session.CommOpen, "comm_msg": session.CommMsg, "comm_close": session.CommClose}

// commMessage hands a message of a comm to the session. There is no reply to it; clients wait for its idle.
func (k *kernel) commMessage(ctx context.Context, r *jupyter.Request) (reply, error) {
	var c commContent
	if err := r.Read(&c); err != nil {
		k.ignored.Warn("ignored a message of a comm", "why", err)
		return reply{}, nil
	}
	out := &outlet{k: k, ctx: ctx, request: r}
	m := session.CommMessage{Kind: commKinds[r.Header.Type], ID: c.ID, Target: c.Target, Data: c.Data, Metadata: r.Metadata, Buffers: r.Buffers}
	ctx, end := k.begin(ctx)
	defer end()
	s, err := k.theSession(ctx)
	if err == nil {
		err = s.Comm(ctx, m, out, r.Header.Subshell != "")
	}
	if err == nil {
		return reply{}, nil
	}
	k.log.Warn("a message of a comm was lost", "comm", c.ID, "why", err)
	if m.Kind == session.CommOpen {
		out.Comm(session.CommMessage{Kind: session.CommClose, ID: c.ID})
	}
	return reply{}, nil
}

// Comm publishes a message of a comm, also of a cell that is silent otherwise.
func (o *outlet) Comm(m session.CommMessage) {
	content := commContent{ID: m.ID, Data: m.Data}
	if len(content.Data) == 0 {
		content.Data = json.RawMessage("{}")
	}
	if m.Kind == session.CommOpen {
		content.Target = m.Target
	}
	e := event{parent: &o.request.Message, msgType: "comm_" + string(m.Kind), content: content, buffers: m.Buffers}
	if len(m.Metadata) > 0 {
		e.metadata = json.RawMessage(m.Metadata)
	}
	o.k.iopub.put(e)
}

// CallbackFailed shows a callback's error as that of the cell whose output this is.
func (o *outlet) CallbackFailed(err error) { o.publish("error", o.k.describe(err)) }

// commInfo lists the comms that are open, those for one target if the client names it.
func (k *kernel) commInfo(_ context.Context, r *jupyter.Request) (reply, error) {
	var req struct {
		Target string `json:"target_name"`
	}
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	open := map[string]any{}
	for id, target := range k.comms() {
		if req.Target == "" || req.Target == target {
			open[id] = map[string]string{"target_name": target}
		}
	}
	return reply{content: map[string]any{"status": "ok", "comms": open}}, nil
}

// comms are the comms that are open: none while there is no session yet, for which clients that are connecting are not to wait.
func (k *kernel) comms() map[string]string {
	select {
	case <-k.sessionStarted:
	default:
		return nil
	}
	if k.session == nil {
		return nil
	}
	return k.session.Comms()
}
