package link_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between peers and a server, and can cut or freeze the connections.
type proxy struct {
	ln net.Listener

	mu    sync.Mutex
	conns []net.Conn
	hold  chan struct{} // nil while bytes flow
}

func newProxy(t *testing.T, addr string) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newProxyOn(t, ln, "tcp", addr)
}

// newProxyOn returns a proxy that listens on ln.
func newProxyOn(t *testing.T, ln net.Listener, network, addr string) *proxy {
	t.Helper()
	p := &proxy{ln: ln}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial(network, addr)
			if err != nil {
				in.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, in, out)
			p.mu.Unlock()
			wg.Go(func() { p.pump(in, out) })
			wg.Go(func() { p.pump(out, in) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		p.cut()
		p.mu.Lock()
		if p.hold != nil {
			close(p.hold)
		}
		p.mu.Unlock()
		wg.Wait()
	})
	return p
}

func (p *proxy) pump(from, to net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		hold := p.hold
		p.mu.Unlock()
		if hold != nil {
			<-hold
		}
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			from.Close()
			to.Close()
			return
		}
	}
}

// cut breaks all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

// freeze stops all bytes, as a network does that has gone away.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = make(chan struct{})
}

// listener runs f with every connection.
func listener(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go f(c)
		}
	}()
	return ln.Addr().String()
}

// answering is a server that says something and hangs up once it has been told something.
func answering(t *testing.T, text string) string {
	return listener(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, text)
		c.Close()
	})
}

func silent(t *testing.T) string {
	return listener(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
}
