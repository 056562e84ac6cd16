// Command nats does the bench's work on NATS, the broker that a Go program would else use: an embedded server, a client, and four responders in
// processes of their own, over TCP. It is a module of its own, so that gocluster does not depend on NATS.
//
// It reads requests from standard input, {"work": "roundtrip", "size": 2000}, one a line, and answers each with a line of figures in seconds
// and numbers a second, {"figures": {"roundtrip": 0.000094}}, or with what went wrong, {"error": "..."}. See package peers.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	subject  = "work"
	patience = 10 * time.Second
)

var payload = []byte("12345678")

func main() {
	if len(os.Args) > 1 {
		if err := respond(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, "nats: a responder:", err)
			os.Exit(1)
		}
		return
	}
	b := &bench{}
	err := serve(os.Stdin, os.Stdout, b.do)
	b.stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "nats:", err)
		os.Exit(1)
	}
}

// respond answers requests until standard input ends. It says so when it is ready.
func respond(url string) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	if _, err := nc.QueueSubscribe(subject, "responders", func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil {
		return err
	}
	if err := nc.Flush(); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

type request struct {
	Work    string `json:"work"`
	Size    int    `json:"size"`
	Engines int    `json:"engines"`
}

type reply struct {
	Figures map[string]float64 `json:"figures,omitempty"`
	Version string             `json:"version,omitempty"`
	Error   string             `json:"error,omitempty"`
}

func serve(r io.Reader, w io.Writer, do func(request) (map[string]float64, error)) error {
	in, out := json.NewDecoder(bufio.NewReader(r)), json.NewEncoder(w)
	for {
		var q request
		if err := in.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a := reply{Version: server.VERSION}
		var err error
		if a.Figures, err = do(q); err != nil {
			a = reply{Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
}

// bench is a server, its client and its responders, once it was started.
type bench struct {
	nc         *nats.Conn
	responders []responder
}

// responder is a process that ends when its lifeline, its standard input, is closed.
type responder struct {
	cmd      *exec.Cmd
	lifeline io.Closer
}

func (b *bench) stop() {
	for _, r := range b.responders {
		_ = r.lifeline.Close()
	}
	for _, r := range b.responders {
		_ = r.cmd.Wait() // its work is done
	}
}

func (b *bench) do(q request) (map[string]float64, error) {
	switch {
	case q.Work == "start":
		began := time.Now()
		err := b.start(q.Engines)
		return map[string]float64{"start": time.Since(began).Seconds()}, err
	case b.nc == nil:
		return nil, errors.New("it was not started")
	case q.Work == "roundtrip":
		return b.roundTrip(q.Size)
	case q.Work == "submit":
		return b.submit(q.Size)
	}
	return nil, fmt.Errorf("no such work: %s", q.Work)
}

func (b *bench) start(responders int) error {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1})
	if err != nil {
		return err
	}
	go s.Start() // ends with the process
	if !s.ReadyForConnections(patience) {
		return errors.New("the server does not start")
	}
	var ready []io.Reader
	for range responders {
		c := exec.Command(os.Args[0], s.ClientURL())
		c.Stderr = os.Stderr
		in, err := c.StdinPipe()
		if err != nil {
			return err
		}
		out, err := c.StdoutPipe()
		if err != nil {
			return err
		}
		if err := c.Start(); err != nil {
			return err
		}
		b.responders, ready = append(b.responders, responder{c, in}), append(ready, out)
	}
	for _, r := range ready {
		if _, err := fmt.Fscanln(r, new(string)); err != nil {
			return fmt.Errorf("a responder does not get ready: %w", err)
		}
	}
	b.nc, err = nats.Connect(s.ClientURL())
	return err
}

// roundTrip are requests, each answered before the next.
func (b *bench) roundTrip(n int) (map[string]float64, error) {
	var all []time.Duration
	for i := range n + n/10 + 1 {
		began := time.Now()
		if _, err := b.nc.Request(subject, payload, patience); err != nil {
			return nil, err
		}
		if i > n/10 {
			all = append(all, time.Since(began))
		}
	}
	slices.Sort(all)
	at := func(p int) float64 { return all[min(len(all)*p/100, len(all)-1)].Seconds() }
	return map[string]float64{"roundtrip": at(50), "roundtrip99": at(99)}, nil
}

// submit sends requests that do not wait for each other.
func (b *bench) submit(n int) (map[string]float64, error) {
	inbox, done, got := nats.NewInbox(), make(chan struct{}), 0
	sub, err := b.nc.Subscribe(inbox, func(*nats.Msg) {
		if got++; got == n {
			close(done)
		}
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the answers are there
	began := time.Now()
	for range n {
		if err := b.nc.PublishRequest(subject, inbox, payload); err != nil {
			return nil, err
		}
	}
	select {
	case <-done:
		return map[string]float64{"submit": float64(n) / time.Since(began).Seconds()}, nil
	case <-time.After(time.Minute):
		return nil, errors.New("not all requests were answered within a minute")
	}
}
