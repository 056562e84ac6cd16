package zmtp

import (
	"context"
	"net"

	"github.com/go-zeromq/zmq4"

	"github.com/gocluster/gocluster/internal/group"
)

// DialLocal is Dial over the Unix socket at a path, which is a server's Options.Local. Options.DialFunc is not used.
func DialLocal(ctx context.Context, path string, h Handler, o Options) (*Peer, error) {
	o.local = true
	o.DialFunc = func(ctx context.Context, path string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if err != nil {
			return nil, err
		}
		return quietly(c), nil
	}
	return Dial(ctx, path, h, o)
}

// Dial connects a DEALER to addr ("host:port"). The handler's Up is called before Dial returns; the peer lives until it is closed, or ctx
// ends, or the connection breaks.
func Dial(ctx context.Context, addr string, h Handler, o Options) (*Peer, error) {
	o = o.withDefaults()
	dial := o.DialFunc
	if dial == nil {
		dial = func(ctx context.Context, addr string) (net.Conn, error) {
			return (&net.Dialer{Timeout: o.Limits.Handshake}).DialContext(ctx, "tcp", addr)
		}
	}
	c, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	p, err := open(ctx, c, zmq4.Dealer, false, o, &budget{max: o.Limits.Arriving})
	if err != nil {
		return nil, err
	}
	g := group.New(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { p.Close(context.Cause(ctx)) })
	h.Up(p)
	if err := p.start(g, h, func() { stop() }); err != nil {
		return nil, err
	}
	return p, nil
}
