package e2e

import (
	"context"
	"testing"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/launch"
)

func TestMain(m *testing.M) { lab.Main(m) }

// start starts a cluster of real processes that ends with the test.
func start(t *testing.T, engines int) *launch.Cluster {
	t.Helper()
	c, err := launch.Embedded(lab.Patient(t), engines)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), lab.Patience)
		defer cancel()
		if err := c.Stop(ctx); err != nil {
			t.Errorf("stopping the cluster: %v", err)
		}
	})
	return c
}

// connect connects to a cluster; events, if any, gets what happens to it.
func connect(t *testing.T, c *launch.Cluster, events func(client.Event)) *client.Client {
	t.Helper()
	if events == nil {
		events = func(e client.Event) { t.Log(e.Text) }
	}
	rc, err := client.Connect(lab.Patient(t), client.Options{ConnectionFile: c.ConnectionFile(), Events: events})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	return rc
}

func status(t *testing.T, rc *client.Client) *client.Status {
	t.Helper()
	st, err := rc.Status()
	if err != nil {
		t.Fatal(err)
	}
	return st
}
