package e2e

import (
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

// wire is a network between clients and a controller, that can be cut.
type wire struct {
	ln     net.Listener
	target string
	there  atomic.Int64 // bytes to the controller
	back   atomic.Int64 // and from it

	mu    sync.Mutex
	conns []net.Conn
}

// newWire lays a wire to a cluster and returns the connection file of its other end.
func newWire(t *testing.T, c *launch.Cluster) (*wire, string) {
	t.Helper()
	return wireTo(t, c.ConnectionFile())
}

// wireTo lays a wire for those who have a connection file.
func wireTo(t *testing.T, file string) (*wire, string) {
	t.Helper()
	w, f, err := lay(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := f.Write(path); err != nil {
		t.Fatal(err)
	}
	go w.serve()
	t.Cleanup(func() { _ = w.ln.Close(); w.cut() })
	return w, path
}

func lay(path string) (*wire, *profiles.ConnFile, error) {
	file, err := profiles.ReadConnection(path)
	if err != nil {
		return nil, nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	w := &wire{ln: ln, target: file.Addrs[0]}
	file.Addrs, file.Local = []string{ln.Addr().String()}, "" // nobody may go past it
	return w, file, nil
}

func (w *wire) serve() {
	for {
		near, err := w.ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, near, far)
		w.mu.Unlock()
		go func() { _, _ = io.Copy(counting{near, &w.back}, far); _ = near.Close() }()
		go func() { _, _ = io.Copy(counting{far, &w.there}, near); _ = far.Close() }()
	}
}

// counting counts what is written.
type counting struct {
	net.Conn
	n *atomic.Int64
}

func (c counting) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// ReadFrom is hidden: it would not be counted.
func (c counting) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{c}, r)
}

// cut breaks all connections, whatever is on its way.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

func TestConnectionCutInTheMiddle(t *testing.T) {
	w, file := newWire(t, start(t, 4))
	rc, err := client.Connect(lab.Patient(t), client.Options{ConnectionFile: file})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	view := rc.LoadBalanced()
	t.Run("map", func(t *testing.T) {
		ns := numbers()[:100]
		r := views.MapAsync(view, factors, ns, views.ChunkSize(1))
		done := 0
		for e := range r.Result.AsCompleted() {
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			if done++; done%30 == 0 {
				w.cut()
			}
		}
		got, err := r.Get()
		if err != nil {
			t.Fatal(err)
		}
		checkFactors(t, ns, got)
	})
	t.Run("endless inputs", func(t *testing.T) {
		seen := 0
		naturals := func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		}
		for v, err := range view.MapAsync(add, naturals, naturals, views.LookAhead(10), views.ChunkSize(1)).All() {
			if err != nil || v != 2*seen {
				t.Fatalf("value %d is %v, %v", seen, v, err)
			}
			if seen++; seen%100 == 0 {
				w.cut()
			}
			if seen == 350 {
				break
			}
		}
	})
	t.Run("submission", func(t *testing.T) {
		w.cut()
		get(t, view.Map(add, []int{1, 2}, []int{3, 4}), 4, 6)
	})
}
