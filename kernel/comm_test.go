package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/session"
)

// commScript is what a session does with messages of comms.
type commScript struct {
	take func(ctx context.Context, m session.CommMessage, out session.CommOutput, beside bool) error
	open map[string]string
}

func (s *script) Comm(ctx context.Context, m session.CommMessage, out session.CommOutput, beside bool) error {
	return s.comms.take(ctx, m, out, beside)
}

func (s *script) ExecuteBeside(ctx context.Context, c gocode.Cell, out session.Output) (*session.Result, error) {
	return s.Execute(ctx, c, out)
}

func (s *script) Comms() map[string]string { return s.comms.open }

func TestMessagesOfCommsReachTheSession(t *testing.T) {
	s := &script{}
	s.comms.take = func(_ context.Context, m session.CommMessage, out session.CommOutput, beside bool) error {
		out.Stdout(fmt.Sprintf("%s %s %s %s %s %q %v\n", m.Kind, m.ID, m.Target, m.Data, m.Metadata, m.Buffers, beside))
		out.Comm(session.CommMessage{Kind: session.CommMsg, ID: m.ID, Data: []byte(`{"x":1}`), Metadata: []byte(`{"m":2}`), Buffers: [][]byte{[]byte("back")}})
		return nil
	}
	c := start(t, s)
	r := c.request(jupyter.Shell, "comm_open", map[string]any{"comm_id": "a", "target_name": "t", "data": map[string]any{"d": 1}})
	r.Metadata, r.Buffers = json.RawMessage(`{"version":"2.1.0"}`), [][]byte{[]byte("b")}
	c.k.Request(r)
	want := `status {"execution_state":"busy"}
stream {"name":"stdout","text":"open a t {\"d\":1} {\"version\":\"2.1.0\"} [\"b\"] false\n"}
comm_msg {"comm_id":"a","data":{"x":1}}
status {"execution_state":"idle"}
`
	if got := c.idle(r.Header.MsgID); got != want {
		t.Errorf("published\n%swant\n%s", got, want)
	}
	m := c.await(&c.iopub, func(m *jupyter.Message) bool { return m.Header.Type == "comm_msg" })
	if string(m.Metadata) != `{"m":2}` || len(m.Buffers) != 1 || string(m.Buffers[0]) != "back" {
		t.Errorf("the message has metadata %s and buffers %q", m.Metadata, m.Buffers)
	}
	if len(c.reps) > 0 {
		t.Errorf("messages of comms have no reply, got %s", c.reps[0].Header.Type)
	}
}

func TestACommIsClosedIfThereIsNoSession(t *testing.T) {
	c := start(t, nil)
	got := c.idle(c.send(jupyter.Shell, "comm_open", map[string]any{"comm_id": "a", "target_name": "t", "data": map[string]any{}}))
	if want := `comm_close {"comm_id":"a","data":{}}`; !strings.Contains(got, want) {
		t.Errorf("published\n%swant %s", got, want)
	}
	for _, content := range []any{map[string]any{"comm_id": "a"}, []int{1}} {
		if got := c.idle(c.send(jupyter.Shell, "comm_msg", content)); strings.Contains(got, "comm") {
			t.Errorf("published\n%s", got)
		}
	}
	if len(c.reps) > 0 {
		t.Errorf("messages of comms have no reply, got %s", c.reps[0].Header.Type)
	}
}

func TestACellTalksOverComms(t *testing.T) {
	s := &script{cells: map[string]func(context.Context, session.Output) (*session.Result, error){
		"open": func(_ context.Context, out session.Output) (*session.Result, error) {
			o := out.(session.CommOutput)
			o.Comm(session.CommMessage{Kind: session.CommOpen, ID: "a", Target: "jupyter.widget", Data: []byte(`{}`)})
			o.CallbackFailed(errors.New("it went wrong"))
			o.Comm(session.CommMessage{Kind: session.CommClose, ID: "a", Target: "jupyter.widget"})
			return nil, nil
		},
	}}
	c := start(t, s)
	got, reply := c.done(c.execute("open"))
	for _, want := range []string{
		`comm_open {"comm_id":"a","target_name":"jupyter.widget","data":{}}`, `comm_close {"comm_id":"a","data":{}}`, `"evalue":"it went wrong"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("published\n%swant %s", got, want)
		}
	}
	if !strings.Contains(string(reply.Content), `"status":"ok"`) {
		t.Errorf("the cell did not fail of its callback, but the reply is %s", reply.Content)
	}
}

func TestCommInfoListsWhatIsOpen(t *testing.T) {
	s := &script{}
	s.comms.open = map[string]string{"a": "x", "b": "y"}
	c := start(t, s)
	<-c.k.sessionStarted
	for target, want := range map[string]string{
		"":  `"comms":{"a":{"target_name":"x"},"b":{"target_name":"y"}}`,
		"y": `"comms":{"b":{"target_name":"y"}}`,
		"z": `"comms":{}`,
	} {
		_, reply := c.done(c.send(jupyter.Shell, "comm_info_request", map[string]any{"target_name": target}))
		if !strings.Contains(string(reply.Content), want) {
			t.Errorf("of target %q: %s, want %s", target, reply.Content, want)
		}
	}
}

func TestACallbackIsInterrupted(t *testing.T) {
	began := make(chan struct{})
	s := &script{}
	s.comms.take = func(ctx context.Context, _ session.CommMessage, out session.CommOutput, _ bool) error {
		close(began)
		<-ctx.Done()
		out.CallbackFailed(context.Cause(ctx))
		return nil
	}
	c := start(t, s)
	id := c.send(jupyter.Shell, "comm_msg", map[string]any{"comm_id": "a", "data": map[string]any{}})
	<-began
	c.done(c.send(jupyter.Control, "interrupt_request", nil))
	if got := c.idle(id); !strings.Contains(got, `"ename":"KeyboardInterrupt"`) {
		t.Errorf("published\n%s", got)
	}
}
