package kernel_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/jupyter/jupytertest"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel"
)

// calm is a session whose cells take as long as they are told.
type calm struct {
	kernel.Session
	release chan struct{}
}

func (c *calm) Execute(ctx context.Context, cell gocode.Cell, out session.Output) (*session.Result, error) {
	if cell.Source != "wait" {
		return nil, nil
	}
	out.Stdout("waiting\n")
	select {
	case <-c.release:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	out.Stdout("done\n")
	return nil, nil
}

func (c *calm) Close() error { return nil }

func (c *calm) Tier() (session.Tier, string) { return session.TierInterpreted, "interpreted" }

// running is a kernel that runs in this process.
type running struct {
	conn    *jupyter.Connection
	session *calm
	ended   chan error
}

func run(t *testing.T) *running {
	t.Helper()
	r := &running{conn: jupytertest.Connection(t), session: &calm{release: make(chan struct{})}, ended: make(chan error, 1)}
	raw, err := json.Marshal(r.conn)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kernel.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var once sync.Once
	go func() {
		r.ended <- kernel.Run(ctx, kernel.Config{ConnectionFile: file, HistoryDir: t.TempDir(), Version: "v0",
			NewSession: func(context.Context) (kernel.Session, error) { return r.session, nil },
			Log:        slog.New(slog.NewTextHandler(t.Output(), nil))})
		once.Do(func() { close(r.ended) })
	}()
	t.Cleanup(func() {
		cancel()
		for err := range r.ended {
			if err != nil {
				t.Errorf("the kernel ended with %v", err)
			}
		}
	})
	waitForPort(t, r.conn.ShellPort) // the last one that opens
	return r
}

func waitForPort(t *testing.T, port int) {
	t.Helper()
	deadline := time.Now().Add(jupytertest.Timeout)
	for {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}

func execute(c *jupytertest.Client, code string) string {
	return c.Send(c.Shell, "execute_request", map[string]any{"code": code})
}

func TestRun(t *testing.T) {
	r := run(t)
	c := jupytertest.Connect(t, r.conn, "c")
	id := execute(c, "wait")
	c.Await(id, "stream")
	info := c.Send(c.Control, "kernel_info_request", nil)
	if m := c.Reply(c.Control, info); !bytes.Contains(m.Content, []byte(`"name":"go"`)) {
		t.Errorf("kernel_info is %s", m.Content)
	}
	close(r.session.release)
	if got := c.Published(id); !strings.Contains(got, "done") {
		t.Errorf("published\n%s", got)
	}
	c.Reply(c.Control, c.Send(c.Control, "shutdown_request", map[string]any{"restart": false}))
	if err := <-r.ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

// attackers are what may come to a kernel's ports from somebody without the key. Each does its worst and stays connected.
var attackers = []struct {
	name string
	do   func(t *testing.T, port int)
}{
	{"a silent client", func(t *testing.T, port int) { jupytertest.DialRaw(t, port) }},
	{"half a greeting", func(t *testing.T, port int) { write(t, port, jupytertest.Greeting()[:20]) }},
	{"plain HTTP", func(t *testing.T, port int) { write(t, port, []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")) }},
	{"a bad READY", func(t *testing.T, port int) {
		write(t, port, append(jupytertest.Greeting(), 4, 9, 5, 'R', 'E', 'A', 'D', 'Y', 255, 255, 255))
	}},
	{"a READY of 2^62 bytes", func(t *testing.T, port int) { write(t, port, append(jupytertest.Greeting(), huge(6, 1<<62)...)) }},
	{"a frame of 2^40 bytes", func(t *testing.T, port int) { after(t, port, huge(2, 1<<40)) }},
	{"a frame of 2^62 bytes", func(t *testing.T, port int) { after(t, port, huge(2, 1<<62)) }},
	{"endless frames", func(t *testing.T, port int) { after(t, port, bytes.Repeat([]byte{1, 1, 'x'}, 100_000)) }},
	{"a flood of PINGs", func(t *testing.T, port int) {
		after(t, port, bytes.Repeat(append([]byte{4, 11, 4}, "PING\x00\x00abcd"...), 10_000))
	}},
	{"garbage after the handshake", func(t *testing.T, port int) { after(t, port, bytes.Repeat([]byte{0xff, 0xee, 0}, 1000)) }},
	{"messages that are none", func(t *testing.T, port int) {
		s := jupytertest.Dial(t, port, "DEALER", "stranger")
		for range 1000 {
			s.Send([]byte("<IDS|MSG>"), []byte("not a signature"), []byte(`{"msg_type":"shutdown_request","msg_id":"1"}`), []byte("{}"), []byte("{}"), []byte("{}"))
		}
	}},
}

func write(t *testing.T, port int, data []byte) {
	_, _ = jupytertest.DialRaw(t, port).Write(data) // to be cut off is fine
}

// after sends data after a right handshake, as any kind of client.
func after(t *testing.T, port int, data []byte) {
	write(t, port, append(append(jupytertest.Greeting(), jupytertest.Ready("DEALER", "")...), data...))
	write(t, port, append(append(jupytertest.Greeting(), jupytertest.Ready("SUB", "")...), data...))
}

func huge(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags}, size)
}

func TestStrangersDoNotDisturbARunningCell(t *testing.T) {
	r := run(t)
	c := jupytertest.Connect(t, r.conn, "c")
	id := execute(c, "wait")
	c.Await(id, "stream")
	before := heap()
	for _, port := range []int{r.conn.ShellPort, r.conn.ControlPort, r.conn.StdinPort, r.conn.IOPubPort, r.conn.HeartbeatPort} {
		for _, a := range attackers {
			if port == r.conn.ShellPort || port == r.conn.ControlPort || a.name != "messages that are none" {
				a.do(t, port)
			}
		}
	}
	// A subscriber needs no key; one that never reads must not stop the cell either.
	jupytertest.Dial(t, r.conn.IOPubPort, "SUB", "").Send([]byte{1})
	info := c.Send(c.Control, "kernel_info_request", nil)
	c.Reply(c.Control, info)
	if grown := int64(heap()) - int64(before); grown > 64<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	close(r.session.release)
	if got := c.Published(id); !strings.Contains(got, "done") {
		t.Errorf("published\n%s", got)
	}
	if m := c.Reply(c.Shell, id); !bytes.Contains(m.Content, []byte(`"ok"`)) {
		t.Errorf("the cell's reply is %s", m.Content)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
