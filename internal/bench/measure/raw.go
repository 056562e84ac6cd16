package measure

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/bench/peers"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// median returns the middle of some durations, which it sorts.
func median(ds []time.Duration) time.Duration { return peers.Median(ds) }

// repeat times f n times, after a few rounds that are not counted.
func repeat(n int, f func() error) (time.Duration, error) {
	all, err := times(n, f)
	if err != nil {
		return 0, err
	}
	return median(all), nil
}

// times are those of repeat, the shortest first.
func times(n int, f func() error) ([]time.Duration, error) {
	var all []time.Duration
	for i := range n + n/10 + 1 {
		d, err := timed(f)
		if err != nil {
			return nil, err
		}
		if i > n/10 {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	return all, nil
}

// percentile is the time that so many of a hundred do not exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

func timed(f func() error) (time.Duration, error) {
	started := time.Now()
	err := f()
	return time.Since(started), err
}

// loopback runs server and client at the two ends of a TCP connection.
func loopback(ctx context.Context, server, client func(net.Conn) error) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := group.New(ctx)
	err = g.Go("server", func(context.Context) error {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		defer c.Close()
		return server(c)
	})
	if err != nil {
		return err
	}
	c, err := net.Dial("tcp", ln.Addr().String())
	if err == nil {
		err = client(c)
		err = errors.Join(err, c.Close())
	}
	return errors.Join(err, ln.Close(), g.Wait())
}

// rawRoundTrip is the median round trip of 64 bytes over a TCP connection.
func rawRoundTrip(ctx context.Context, n int) (time.Duration, error) {
	all, err := times64(ctx, n)
	if err != nil {
		return 0, err
	}
	return median(all), nil
}

// times64 are the times that 64 bytes take over a TCP connection and back.
func times64(ctx context.Context, n int) (all []time.Duration, err error) {
	echo := func(c net.Conn) error {
		_, err := io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, make([]byte, 64))
		return err
	}
	err = loopback(ctx, echo, func(c net.Conn) error {
		buf := make([]byte, 64)
		all, err = times(n, func() error {
			if _, err := c.Write(buf); err != nil {
				return err
			}
			_, err := io.ReadFull(c, buf)
			return err
		})
		return err
	})
	return all, err
}

const mega = 1 << 20

// rawSpeed is the time that a number of bytes take over a TCP connection, in pieces of a megabyte; over TLS if tlsToo.
func rawSpeed(ctx context.Context, bytes int, tlsToo bool) (time.Duration, error) {
	wrap := func(c net.Conn, _ bool) (net.Conn, error) { return c, nil }
	if tlsToo {
		a, err := profiles.NewAuthority("raw")
		if err != nil {
			return 0, err
		}
		file, err := a.Connection(proto.RoleClient, []string{"127.0.0.1:1"})
		if err != nil {
			return 0, err
		}
		cfg, err := file.ClientTLS()
		if err != nil {
			return 0, err
		}
		wrap = func(c net.Conn, server bool) (net.Conn, error) {
			t := tls.Client(c, cfg)
			if server {
				t = tls.Server(c, a.ControllerTLS())
			}
			return t, t.HandshakeContext(ctx)
		}
	}
	var took time.Duration
	sink := func(raw net.Conn) error {
		c, err := wrap(raw, true)
		if err != nil {
			return err
		}
		buf := make([]byte, mega)
		for left := bytes; left > 0; {
			n, err := c.Read(buf)
			if left -= n; err != nil && left > 0 {
				return err
			}
		}
		_, err = c.Write(buf[:1])
		return err
	}
	err := loopback(ctx, sink, func(raw net.Conn) error {
		c, err := wrap(raw, false)
		if err != nil {
			return err
		}
		buf := make([]byte, mega)
		took, err = timed(func() error {
			for left := bytes; left > 0; left -= len(buf) {
				if _, err := c.Write(buf[:min(left, len(buf))]); err != nil {
					return err
				}
			}
			_, err := io.ReadFull(c, buf[:1])
			return err
		})
		return err
	})
	return took, err
}

// rawMessages is the time in which n messages of 64 bytes are written to a TCP connection, one by one.
func rawMessages(ctx context.Context, n int) (took time.Duration, err error) {
	drain := func(c net.Conn) error { _, err := io.Copy(io.Discard, c); return err }
	err = loopback(ctx, drain, func(c net.Conn) error {
		buf := make([]byte, 64)
		took, err = timed(func() error {
			for range n {
				if _, err := c.Write(buf); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	})
	return took, err
}

// rawCopy is the time that a number of bytes take from memory to memory.
func rawCopy(bytes int) time.Duration {
	from, to := make([]byte, bytes), make([]byte, bytes)
	copy(to, from) // both are there
	d, _ := timed(func() error { copy(to, from); return nil })
	return d
}

// spread calls f for 0..n-1 from as many goroutines as there are cores, in steps.
func spread(ctx context.Context, n, step int, f func(i int)) (time.Duration, error) {
	return timed(func() error {
		g := group.New(ctx)
		var next atomic.Int64
		for range runtime.NumCPU() {
			err := g.Go("worker", func(context.Context) error {
				for {
					from := int(next.Add(int64(step))) - step
					if from >= n {
						return nil
					}
					for i := from; i < min(from+step, n); i++ {
						f(i)
					}
				}
			})
			if err != nil {
				return err
			}
		}
		return g.Wait()
	})
}

// goroutines is the time in which goroutines fill a slice with f of its indexes.
func goroutines(ctx context.Context, n int, f func(int) int) (time.Duration, error) {
	out := make([]int, n)
	for i := range out {
		out[i] = -1 // the memory is there
	}
	return spread(ctx, n, 10_000, func(i int) { out[i] = f(i) })
}
