package e2e

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/command"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/role"
)

func TestMain(m *testing.M) {
	role.Register(commandRole, func(context.Context, []string) int { return command.Main("gocluster") })
	command.Setup()
	os.Exit(m.Run())
}

// commandRole is the role of this executable in which it is gocluster.
const commandRole = "gocluster"

// patience bounds every wait: who hits it has hung.
const patience = time.Minute

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// start starts a cluster of real processes that ends with the test.
func start(t *testing.T, engines int) *launch.Cluster {
	t.Helper()
	c, err := launch.Embedded(patient(t), engines)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
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
	rc, err := client.Connect(patient(t), client.Options{ConnectionFile: c.ConnectionFile(), Events: events})
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
