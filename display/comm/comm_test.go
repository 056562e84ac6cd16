package comm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/display/comm"
	"github.com/gocluster/gocluster/internal/session/host"
)

// client is the other end: it keeps what is sent, as lines.
type client struct {
	host.Runtime
	lines []string
}

func (c *client) HasComms() bool { return true }

func (c *client) Comm(m host.CommMessage) error {
	line := fmt.Sprintf("%s %s %s", m.Kind, m.Target, m.Data)
	if len(m.Metadata) > 0 {
		line += fmt.Sprintf(" %s", m.Metadata)
	}
	if len(m.Buffers) > 0 {
		line += fmt.Sprintf(" %q", m.Buffers)
	}
	c.lines = append(c.lines, line)
	return nil
}

func connect(t *testing.T) *client {
	t.Helper()
	c := &client{}
	host.Set(c)
	t.Cleanup(func() { host.Set(nil) })
	return c
}

func (c *client) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(c.lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("sent\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	c.lines = nil
}

func TestACommIsOpenedUsedAndClosed(t *testing.T) {
	page := connect(t)
	c, err := comm.Open("chart", map[string]int{"points": 3}, comm.Metadata(map[string]string{"version": "1"}), comm.Buffers([]byte("abc")))
	if err != nil {
		t.Fatal(err)
	}
	page.expect(t, `open chart {"points":3} {"version":"1"} ["abc"]`)
	var got []string
	c.OnMessage(func(m comm.Message) {
		var v struct{ X int }
		if err := m.Read(&v); err != nil {
			t.Error(err)
		}
		got = append(got, fmt.Sprintf("%d %q", v.X, m.Buffers))
		if err := c.Send(nil); err != nil {
			t.Error(err)
		}
	})
	host.ReceiveComm(host.CommMessage{Kind: host.CommMsg, ID: c.ID(), Data: []byte(`{"x":7}`), Buffers: [][]byte{{1}}})
	if want := `[7 ["\x01"]]`; fmt.Sprint(got) != want {
		t.Errorf("received %v, want %s", got, want)
	}
	page.expect(t, "msg chart {}")
	for range 2 {
		if err := c.Close(map[string]string{"why": "done"}); err != nil {
			t.Error(err)
		}
	}
	page.expect(t, `close chart {"why":"done"}`)
	if err := c.Send(nil); !errors.Is(err, comm.ErrClosed) {
		t.Errorf("sending on a closed comm: %v", err)
	}
	host.ReceiveComm(host.CommMessage{Kind: host.CommMsg, ID: c.ID(), Data: []byte(`{}`)})
	if len(got) != 1 {
		t.Error("a closed comm received a message")
	}
}

func TestTheClientOpensWhatIsRegistered(t *testing.T) {
	page := connect(t)
	closed := 0
	comm.Register("editor", func(c *comm.Comm, opening comm.Message) {
		c.OnClose(func(comm.Message) { closed++ })
		if err := c.Send(map[string]string{"was": string(opening.Data)}); err != nil {
			t.Error(err)
		}
	})
	host.ReceiveComm(host.CommMessage{Kind: host.CommOpen, ID: "1", Target: "editor", Data: []byte(`{"a":1}`)})
	page.expect(t, `msg editor {"was":"{\"a\":1}"}`)
	for range 2 {
		host.ReceiveComm(host.CommMessage{Kind: host.CommClose, ID: "1", Data: []byte(`{}`)})
	}
	if closed != 1 {
		t.Errorf("it was closed %d times", closed)
	}
	comm.Register("editor", nil)
	host.ReceiveComm(host.CommMessage{Kind: host.CommOpen, ID: "2", Target: "editor", Data: []byte(`{}`)})
	page.expect(t, "close  {}")
}

func TestWhatCannotBeSent(t *testing.T) {
	page := connect(t)
	for _, data := range []any{3, "text", []int{1}, func() {}} {
		if _, err := comm.Open("t", data); err == nil || !strings.Contains(err.Error(), "cannot send on a comm for t") {
			t.Errorf("opening with %T: %v", data, err)
		}
	}
	c, err := comm.Open("t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := comm.OpenAs(c.ID(), "t", nil); err == nil {
		t.Error("two comms have the same id")
	}
	page.expect(t, "open t {}")
	if err := (comm.Message{Data: []byte("{")}).Read(new(int)); err == nil {
		t.Error("half a message was read")
	}
}

func TestWhereThereIsNoNotebook(t *testing.T) {
	host.Set(nil)
	if comm.Available() {
		t.Error("a client is available")
	}
	if _, err := comm.Open("t", nil); !errors.Is(err, comm.ErrNone) {
		t.Errorf("opening a comm: %v", err)
	}
}
