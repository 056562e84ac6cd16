package measure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/engine"
	"github.com/gocluster/gocluster/internal/bench/work"
	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

// wire is a cluster within this process: controller, engine hosts and client are real and talk over TLS on the loopback
// interface; the workers call compiled functions. It shows what everything but the execution of code costs.
type wire struct {
	dir        string
	group      *group.Group
	controller *controller.Controller
	rc         *client.Client
}

// startWire starts a cluster of a number of hosts with so many engines each, and returns how long it took until all were registered.
func startWire(ctx context.Context, hosts, each int) (w *wire, took time.Duration, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, 0, err
	}
	w = &wire{dir: dir, group: group.New(ctx)}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	authority, err := profiles.NewAuthority("bench")
	if err != nil {
		return nil, 0, err
	}
	w.controller, err = controller.Start(ctx, controller.Config{Listen: "127.0.0.1:0", TLS: authority.ControllerTLS(), Cluster: "bench"})
	if err != nil {
		return nil, 0, err
	}
	addrs := []string{w.controller.Addr().String()}
	started := time.Now()
	if err := w.hosts(authority, addrs, hosts, each); err != nil {
		return nil, 0, err
	}
	took = time.Since(started)
	file, err := authority.Connection(proto.RoleClient, addrs)
	if err != nil {
		return nil, 0, err
	}
	path := filepath.Join(dir, "client.json")
	if err := file.Write(path); err != nil {
		return nil, 0, err
	}
	w.rc, err = client.Connect(ctx, client.Options{ConnectionFile: path, Events: func(client.Event) {}})
	if err != nil {
		return nil, 0, err
	}
	return w, took, w.rc.WaitForEngines(ctx, hosts*each)
}

// hosts starts engine hosts and returns when all are ready.
func (w *wire) hosts(authority *profiles.Authority, addrs []string, n, each int) error {
	file, err := authority.Connection(proto.RoleEngineHost, addrs)
	if err != nil {
		return err
	}
	cfg, err := file.ClientTLS()
	if err != nil {
		return err
	}
	ready := make(chan struct{}, n)
	for range n {
		err := w.group.Go("host", func(ctx context.Context) error {
			return engine.Run(ctx, engine.Config{
				N: each,
				Dial: func(ctx context.Context, h link.ClientHandler) (link.End, error) {
					return link.Dial(ctx, link.DialConfig{Addrs: addrs, TLS: cfg, Peer: link.NewPeerID(), Role: proto.RoleEngineHost, Name: "bench", Handler: h, GiveUp: time.Second})
				},
				NewWorker: func(context.Context, proto.EngineID) (engine.Worker, error) { return engine.NewInProcess(call), nil },
				Ready:     func([]proto.EngineID) { ready <- struct{}{} },
			})
		})
		if err != nil {
			return err
		}
	}
	for range n {
		select {
		case <-ready:
		case <-w.group.Context().Done():
			return context.Cause(w.group.Context())
		}
	}
	return nil
}

func (w *wire) close() {
	if w.rc != nil {
		_ = w.rc.Close()
	}
	// Hosts whose controller goes away have nothing more to say.
	_ = w.group.Stop()
	if w.controller != nil {
		_ = w.controller.Close()
	}
	_ = os.RemoveAll(w.dir)
}

// compiled are the functions that the workers know, by their units' names.
var compiled = map[string]func(int) int{"same": work.Same, "square": work.Square}

// bound ties a compiled function to a unit that says no more than its name.
var bound = sync.OnceValue(func() map[string]func(int) int {
	out := map[string]func(int) int{}
	for name, f := range compiled {
		out[name] = unit.Bind(&unit.Unit{Name: name, Entry: name, Params: []string{"int"}, Results: []string{"int"}}, f, nil).(func(int) int)
	}
	return out
})

// call is a worker's work: it calls a compiled function for each element.
func call(_ context.Context, t *engine.Task, _ engine.Output) (proto.Chunk, error) {
	f, ok := compiled[t.Unit.Name]
	if !ok || len(t.Inputs) != 1 {
		return proto.Chunk{}, fmt.Errorf("no function %s of one parameter", t.Unit.Name)
	}
	values, err := codec.Values(t.Inputs[0], reflect.TypeFor[int]())
	if err != nil {
		return proto.Chunk{}, err
	}
	xs := values.Interface().([]int)
	for i, x := range xs {
		xs[i] = f(x)
	}
	out, err := codec.Block(reflect.ValueOf(xs))
	return proto.Chunk{Outputs: []proto.Block{out}}, err
}

// compiledCluster is this run's cluster of four compiled workers.
func (b *bench) compiledCluster(ctx context.Context) (*client.Client, error) {
	if b.wire == nil {
		w, _, err := startWire(ctx, engines, 1)
		if err != nil {
			return nil, err
		}
		b.wire = w
	}
	return b.wire.rc, nil
}

func measureWireRoundTrip(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.compiledCluster(ctx)
	if err != nil {
		return figure{}, err
	}
	view := rc.Engines(0)
	return roundTrip(ctx, b, func() error { return view.Apply(bound()["same"], 1).Err() })
}

func measureWireSubmit(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.compiledCluster(ctx)
	if err != nil {
		return figure{}, err
	}
	return submit(ctx, rc.LoadBalanced(), b.size(50_000), bound()["same"])
}

func measureWireMap(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.compiledCluster(ctx)
	if err != nil {
		return figure{}, err
	}
	return mapping(ctx, rc.LoadBalanced(), b.size(20_000_000), bound()["same"], work.Same)
}

// measureThousand is about many engines: 1,000 hosts with two connections each.
func measureThousand(ctx context.Context, b *bench) (fig figure, err error) {
	hosts, tasks := 1000, 10_000
	if b.quick {
		hosts, tasks = 200, 2000
	}
	w, took, err := startWire(ctx, hosts, 1)
	if err != nil {
		return figure{}, err
	}
	defer w.close()
	if n := len(w.rc.IDs()); n != hosts {
		return figure{}, fmt.Errorf("%d engines of %d are there", n, hosts)
	}
	var out []int
	mapped, err := timed(func() error { return mapSquares(w.rc, tasks, &out) })
	if err != nil {
		return figure{}, err
	}
	return figure{
		what: fmt.Sprintf("%d engines registered; %d tasks mapped on them", hosts, tasks),
		ours: fmt.Sprintf("%s; %s (%s)", seconds(took), seconds(mapped), rate(tasks, mapped)),
	}, nil
}

// measureMany has tasks submitted one by one to four engines and to a thousand, of few machines and of a thousand, in turns.
func measureMany(ctx context.Context, b *bench) (figure, error) {
	sets := []struct{ hosts, each int }{{engines, 1}, {8, b.size(125)}, {b.size(1000), 1}}
	rates := make([][]time.Duration, len(sets))
	var on []*views.LoadBalancedView
	for _, s := range sets {
		w, _, err := startWire(ctx, s.hosts, s.each)
		if err != nil {
			return figure{}, err
		}
		defer w.close()
		on = append(on, w.rc.LoadBalanced())
	}
	n := b.size(50_000)
	for round := range submitRounds + 1 {
		for i, view := range on {
			d, err := submitAll(view, n, bound()["same"])
			if err != nil {
				return figure{}, err
			}
			if round > 0 {
				rates[i] = append(rates[i], d)
			}
		}
	}
	few := median(rates[0])
	out := []string{fmt.Sprintf("%s on %d", rate(n, few), engines)}
	for i, s := range sets[1:] {
		many := median(rates[i+1])
		out = append(out, fmt.Sprintf("%s on %d of %d hosts (%.2fx)", rate(n, many), s.hosts*s.each, s.hosts, few.Seconds()/many.Seconds()))
	}
	return figure{ours: strings.Join(out, "; ")}, nil
}
