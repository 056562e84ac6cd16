package views_test

import (
	"context"
	"testing"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/conn/conntest"
	"github.com/gocluster/gocluster/views"
)

// fixture is a cluster of four engines with a connection to it.
type fixture struct {
	*conntest.Cluster
	view *views.LoadBalancedView
	all  *views.DirectView
	conn *conn.Conn
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	cluster := conntest.New(4, map[string]any{})
	c, err := conn.Dial(t.Context(), conn.Config{Dial: cluster.Dial})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing the connection: %v", err)
		}
		cluster.Close()
	})
	return &fixture{cluster, views.NewLoadBalanced(c, nil, nil), views.NewDirect(c, nil, nil), c}
}

func (f *fixture) fn(name string, fn any) any { return f.Bind(name, fn, nil) }

func background() context.Context { return context.Background() }
