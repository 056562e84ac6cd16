package jupytertest

import (
	"encoding/json"
	"net"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/jupyter"
)

// Client is a Jupyter client with all its connections.
type Client struct {
	T                            testing.TB
	Shell, Control, Stdin, IOPub *Socket
	author                       *jupyter.Author
	out, in                      *jupyter.Signer
}

// Connection is a connection whose ports are free.
func Connection(t testing.TB) *jupyter.Connection {
	t.Helper()
	ports := make([]int, 5)
	for i := range ports {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close() // all at the end, so that they differ
		ports[i] = ln.Addr().(*net.TCPAddr).Port
	}
	return &jupyter.Connection{Transport: "tcp", IP: "127.0.0.1", Key: "the-key", SignatureScheme: "hmac-sha256",
		ShellPort: ports[0], IOPubPort: ports[1], StdinPort: ports[2], ControlPort: ports[3], HeartbeatPort: ports[4]}
}

// Connect connects a client as identity and waits until it is subscribed.
func Connect(t testing.TB, c *jupyter.Connection, identity string) *Client {
	t.Helper()
	out, err := jupyter.NewSigner(c.SignatureScheme, c.Key)
	if err != nil {
		t.Fatal(err)
	}
	in, err := jupyter.NewSigner(c.SignatureScheme, c.Key)
	if err != nil {
		t.Fatal(err)
	}
	cl := &Client{T: t, author: jupyter.NewAuthor(), out: out, in: in,
		Shell:   Dial(t, c.ShellPort, "DEALER", identity),
		Control: Dial(t, c.ControlPort, "DEALER", identity),
		Stdin:   Dial(t, c.StdinPort, "DEALER", identity),
		IOPub:   Dial(t, c.IOPubPort, "SUB", ""),
	}
	cl.IOPub.Send([]byte{1})
	if m := cl.Read(cl.IOPub); m.Header.Type != "iopub_welcome" {
		t.Fatalf("the first message on iopub is %s, want iopub_welcome", m.Header.Type)
	}
	return cl
}

// Send sends a message and returns its id.
func (c *Client) Send(s *Socket, msgType string, content any) string {
	c.T.Helper()
	m, err := c.author.New(msgType, nil, content)
	if err != nil {
		c.T.Fatal(err)
	}
	s.Send(c.out.Encode(m)...)
	return m.Header.MsgID
}

// Read waits for a message.
func (c *Client) Read(s *Socket) *jupyter.Message {
	c.T.Helper()
	_, m, err := c.in.Decode(s.Receive())
	if err != nil {
		c.T.Fatal(err)
	}
	return m
}

// Answers reports whether a message is about the request with an id.
func Answers(m *jupyter.Message, id string) bool {
	var parent jupyter.Header
	return json.Unmarshal(m.Parent, &parent) == nil && parent.MsgID == id
}

// Reply waits for the reply to the request with an id.
func (c *Client) Reply(s *Socket, id string) *jupyter.Message {
	c.T.Helper()
	for {
		if m := c.Read(s); Answers(m, id) {
			return m
		}
	}
}

// Published waits for the request's idle and returns what was published for it, without busy and idle, a line each: the type and
// the content.
func (c *Client) Published(id string) string {
	c.T.Helper()
	var b strings.Builder
	for {
		m := c.Read(c.IOPub)
		switch {
		case !Answers(m, id):
		case m.Header.Type != "status":
			b.WriteString(m.Header.Type + " " + string(m.Content) + "\n")
		case strings.Contains(string(m.Content), "idle"):
			return b.String()
		}
	}
}

// Await waits until something of a type is published for the request with an id.
func (c *Client) Await(id, msgType string) *jupyter.Message {
	c.T.Helper()
	for {
		if m := c.Read(c.IOPub); Answers(m, id) && m.Header.Type == msgType {
			return m
		}
	}
}
