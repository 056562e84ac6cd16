package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/machines"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
)

// A far machine has engines and no other way to it that we know of than theirs: it is a node of a batch system, or has joined by an invitation or by
// hand. Its engine host runs programs for us, and a process here, the relay, stands for each.
const relayRole = "relay"

// relayed is what a relay is to do.
type relayed struct {
	Conn      *profiles.ConnFile
	Engine    proto.EngineID
	Dir       string
	Env, Argv []string
}

// relayFailed is the exit status of a relay for failures of its own.
const relayFailed = 125

// farMachine is a machine whose engine host runs programs.
type farMachine struct {
	name   string
	engine proto.EngineID
	conn   *profiles.ConnFile
}

func (m *farMachine) Name() string { return m.name }
func (m *farMachine) Shell() bool  { return true }
func (m *farMachine) close() error { return nil }

// Command is a relay, which finds its order in its environment. It ends with who has started it.
func (m *farMachine) Command(_ context.Context, dir string, env []string, argv ...string) *exec.Cmd {
	cmd := role.Command(relayRole)
	text, err := json.Marshal(relayed{m.conn, m.engine, dir, env, argv})
	if err != nil {
		cmd.Err = err
	}
	cmd.Env = append(cmd.Env, relayEnv+"="+string(text))
	return cmd
}

// relayEnv has a relay's order, which has a key: other users do not see environments.
const relayEnv = "GOCLUSTER_RELAY"

// Explain says what the relay said.
func (m *farMachine) Explain(_ context.Context, err error, said string) error {
	if said = strings.TrimSpace(said); said != "" {
		return errors.New(said)
	}
	return err
}

// RelayMain is a relay's life: it has the program's streams and ends with its exit status.
func RelayMain(ctx context.Context, _ []string) int {
	var o relayed
	if err := json.Unmarshal([]byte(os.Getenv(relayEnv)), &o); err != nil || o.Conn == nil {
		fmt.Fprintln(os.Stderr, "relay: this process is started by gocluster, not by hand")
		return relayFailed
	}
	status, err := relay(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(status, relayFailed)
	}
	return status
}

func relay(ctx context.Context, o relayed) (int, error) {
	c, err := dialClient(ctx, o.Conn)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.Run(ctx, conn.RunConfig{Engine: o.Engine, Argv: o.Argv, Env: o.Env, Dir: o.Dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
}

// farWait bounds how long a controller may take to answer.
const farWait = 10 * time.Second

// dialClient connects as a client.
func dialClient(ctx context.Context, file *profiles.ConnFile) (*conn.Conn, error) {
	ctx, stop := context.WithTimeout(ctx, farWait)
	defer stop()
	return conn.Dial(ctx, conn.Config{Dial: func(ctx context.Context, h link.ClientHandler) (link.End, error) {
		tls, err := file.ClientTLS()
		if err != nil {
			return nil, err
		}
		l, err := link.Dial(ctx, link.DialConfig{
			Addrs: file.Addrs, Local: file.Local, TLS: tls, Role: proto.RoleClient, Name: here{}.Name(), Handler: h, GiveUp: giveUp, DialFunc: dialOf(file),
		})
		if err != nil {
			return nil, err
		}
		return l, nil
	}})
}

// farHosts returns the machines of a running cluster that there is no other way to than their engines': those that known ones do not have.
func farHosts(ctx context.Context, p *profiles.Profile, known []record) (hosts []machines.Host, far []*farMachine, err error) {
	file, err := p.Connection(proto.RoleClient)
	if err != nil {
		return nil, nil, err
	}
	c, err := dialClient(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	st, err := c.Engines(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range st.Hosts {
		reached := slices.ContainsFunc(known, func(r record) bool {
			return r.Machine == h.Info.Host || slices.ContainsFunc(r.Engines, func(id proto.EngineID) bool { return slices.Contains(h.Engines, id) })
		})
		if reached || !h.Up || len(h.Engines) == 0 || h.Info.OS == "windows" {
			continue
		}
		if i := slices.IndexFunc(hosts, func(x machines.Host) bool { return x.Name == h.Info.Host }); i >= 0 {
			hosts[i].Slots += len(h.Engines)
			continue
		}
		// No target of ssh has a space.
		hosts = append(hosts, machines.Host{Target: "far " + h.Info.Host, Name: h.Info.Host, Slots: len(h.Engines)})
		far = append(far, &farMachine{name: h.Info.Host, engine: h.Engines[0], conn: file})
	}
	return hosts, far, nil
}
