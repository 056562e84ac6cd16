package kernel

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/session"
)

// gated is a session with a cell that ends when it is told to.
func gated() (s *script, began, end chan struct{}) {
	began, end = make(chan struct{}), make(chan struct{})
	s = &script{cells: map[string]func(context.Context, session.Output) (*session.Result, error){
		"fail":  func(context.Context, session.Output) (*session.Result, error) { return nil, fmt.Errorf("it fails") },
		"quick": func(context.Context, session.Output) (*session.Result, error) { return value("quick"), nil },
	}}
	s.cells["wait"] = func(ctx context.Context, _ session.Output) (*session.Result, error) {
		began <- struct{}{}
		select {
		case <-end:
			return value("waited"), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	s.cells["wait, fail"] = func(ctx context.Context, out session.Output) (*session.Result, error) {
		_, _ = s.cells["wait"](ctx, out)
		return nil, fmt.Errorf("it fails")
	}
	return s, began, end
}

// subshell makes a subshell.
func (c *client) subshell() string {
	c.t.Helper()
	_, reply := c.done(c.send(jupyter.Control, "create_subshell_request", nil))
	var content struct {
		ID string `json:"subshell_id"`
	}
	if err := json.Unmarshal(reply.Content, &content); err != nil || content.ID == "" {
		c.t.Fatalf("no subshell: %s", reply.Content)
	}
	return content.ID
}

// on sends a request on a subshell and returns its id.
func (c *client) on(subshell, msgType string, content any) string {
	c.t.Helper()
	r := c.request(jupyter.Shell, msgType, content)
	r.Header.Subshell = subshell
	c.k.Request(r)
	return r.Header.MsgID
}

func (c *client) status(id string) string {
	_, reply := c.done(id)
	var content struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(reply.Content, &content); err != nil {
		c.t.Fatal(err)
	}
	return content.Status
}

var quick, wait, waitAndFail, failing = map[string]any{"code": "quick"}, map[string]any{"code": "wait"}, map[string]any{"code": "wait, fail"}, map[string]any{"code": "fail"}

func TestSubshellsAreServedBesideTheMainShell(t *testing.T) {
	s, began, end := gated()
	c := start(t, s)
	a, b := c.subshell(), c.subshell()
	main := c.send(jupyter.Shell, "execute_request", wait)
	<-began
	onA := c.on(a, "execute_request", wait)
	<-began
	if got := c.status(c.on(b, "execute_request", quick)); got != "ok" {
		t.Errorf("the cell on the other subshell is %s", got)
	}
	behind := c.on(a, "execute_request", quick) // in turn
	if got := c.status(c.on(b, "kernel_info_request", nil)); got != "ok" {
		t.Errorf("kernel_info is %s", got)
	}
	c.mu.Lock()
	for _, m := range c.reps {
		if answers(m, behind) || answers(m, main) {
			t.Errorf("answered out of turn: %s", m.Content)
		}
	}
	c.mu.Unlock()
	close(end)
	for _, id := range []string{main, onA, behind} {
		if got := c.status(id); got != "ok" {
			t.Errorf("a cell is %s", got)
		}
	}
}

func TestAFailureHoldsBackItsOwnShell(t *testing.T) {
	s, began, end := gated()
	c := start(t, s)
	sub := c.subshell()
	first := c.on(sub, "execute_request", waitAndFail)
	<-began
	behind := c.on(sub, "execute_request", quick)
	other := c.request(jupyter.Shell, "execute_request", quick) // received before the failure
	end <- struct{}{}
	if got := c.status(first); got != "error" {
		t.Errorf("the cell that fails is %s", got)
	}
	c.k.Request(other)
	if got := c.status(behind); got != "aborted" {
		t.Errorf("the cell behind it is %s", got)
	}
	if got := c.status(other.Header.MsgID); got != "ok" {
		t.Errorf("the cell on the main shell is %s", got)
	}
	if got := c.status(c.on(sub, "execute_request", failing)); got != "error" {
		t.Errorf("a later cell of the subshell is %s", got)
	}
}

func TestAnInterruptIsForAllShells(t *testing.T) {
	s, began, _ := gated()
	c := start(t, s)
	ids := []string{c.send(jupyter.Shell, "execute_request", wait)}
	<-began
	for range 2 {
		ids = append(ids, c.on(c.subshell(), "execute_request", wait))
		<-began
	}
	c.done(c.send(jupyter.Control, "interrupt_request", nil))
	for _, id := range ids {
		if _, reply := c.done(id); !strings.Contains(string(reply.Content), "KeyboardInterrupt") {
			t.Errorf("a cell ended with %s", reply.Content)
		}
	}
}

func TestASubshellThatIsDeletedAnswersWhatWaits(t *testing.T) {
	s, began, end := gated()
	c := start(t, s)
	sub := c.subshell()
	running := c.on(sub, "execute_request", wait)
	<-began
	behind := c.on(sub, "execute_request", quick)
	if got := c.status(c.send(jupyter.Control, "delete_subshell_request", map[string]any{"subshell_id": sub})); got != "ok" {
		t.Fatalf("the deletion is %s", got)
	}
	after := c.on(sub, "execute_request", quick)
	close(end)
	if got := c.status(running); got != "ok" {
		t.Errorf("the cell that ran is %s", got)
	}
	for _, id := range []string{behind, after} {
		if _, reply := c.done(id); !strings.Contains(string(reply.Content), "there is no subshell") {
			t.Errorf("a request for it is answered %s", reply.Content)
		}
	}
	if got := c.status(c.send(jupyter.Control, "delete_subshell_request", map[string]any{"subshell_id": sub})); got != "error" {
		t.Errorf("deleting it again is %s", got)
	}
	if _, reply := c.done(c.send(jupyter.Control, "list_subshell_request", nil)); !strings.Contains(string(reply.Content), `"subshell_id":[]`) {
		t.Errorf("the list is %s", reply.Content)
	}
}

func TestThereIsABoundOnSubshells(t *testing.T) {
	var s subshells
	for range maxSubshells {
		if _, _, err := s.create(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.create(); err == nil {
		t.Error("one more was made")
	}
}
