package launch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/engine"
	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/profiles"
)

// squares is a worker that squares a range.
func squares(_ context.Context, t *engine.Task, _ engine.Output) (proto.Chunk, error) {
	out := proto.Block{Kind: proto.BlockFixed, Elem: proto.ElemInt64, N: t.N}
	for i := range t.N {
		x := t.Inputs[0].Int(i)
		out.Data = binary.LittleEndian.AppendUint64(out.Data, uint64(x*x))
	}
	return proto.Chunk{Outputs: []proto.Block{out}}, nil
}

// sums takes a job's chunks.
type sums struct {
	mu   sync.Mutex
	got  map[int]uint64
	used map[proto.EngineID]bool
	end  chan error
}

func (s *sums) Accepted([]proto.EngineID, []string) {}
func (s *sums) Output(proto.Output)                 {}

func (s *sums) Chunk(k proto.Chunk, _ time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[k.Engine] = true
	for i := range k.N {
		if _, twice := s.got[k.First+i]; twice || len(k.Outputs) != 1 {
			continue
		}
		s.got[k.First+i] = binary.LittleEndian.Uint64(k.Outputs[0].At(i))
	}
}

func (s *sums) End(state proto.JobState, err *proto.Error, cause error) {
	switch {
	case cause != nil:
		s.end <- cause
	case err != nil:
		s.end <- err
	case state != proto.JobDone:
		s.end <- fmt.Errorf("the job is %s", state)
	default:
		s.end <- nil
	}
}

// TestAThousandEngines has a host of its own for each engine, all over real links to one controller.
func TestAThousandEngines(t *testing.T) {
	engines, tasks := 1000, 10_000
	if testing.Short() {
		engines, tasks = 50, 500
	}
	ctx := within(t)
	a, err := profiles.NewAuthority("many")
	if err != nil {
		t.Fatal(err)
	}
	c, err := controller.Start(ctx, controller.Config{Listen: "127.0.0.1:0", TLS: a.ControllerTLS(), Cluster: "many"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	file, err := a.Connection(proto.RoleEngineHost, []string{c.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	ctx, stop := context.WithCancel(ctx)
	ready, ended := make(chan struct{}, engines), make(chan error, engines)
	for range engines {
		go func() {
			ended <- engine.Run(ctx, engine.Config{
				Dial: dialer(file, link.NewPeerID(), giveUp), N: 1, Ready: func([]proto.EngineID) { ready <- struct{}{} },
				NewWorker: func(context.Context, proto.EngineID) (engine.Worker, error) { return engine.NewInProcess(squares), nil },
			})
		}()
	}
	for range engines {
		select {
		case <-ready:
		case err := <-ended:
			t.Fatal(err)
		}
	}
	t.Logf("%d engines registered in %v", engines, time.Since(began))
	began = time.Now()
	check(t, squareAll(ctx, t, a, c.Addr().String(), tasks), tasks, engines)
	t.Logf("%d tasks in %v", tasks, time.Since(began))
	stop()
	for range engines {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a host ended with %v", err)
		}
	}
}

// squareAll runs a map of single-element tasks.
func squareAll(ctx context.Context, t *testing.T, a *profiles.Authority, addr string, tasks int) *sums {
	t.Helper()
	file, err := a.Connection(proto.RoleClient, []string{addr})
	if err != nil {
		t.Fatal(err)
	}
	tls, err := file.ClientTLS()
	if err != nil {
		t.Fatal(err)
	}
	cc, err := conn.Dial(ctx, conn.Config{Dial: func(ctx context.Context, h link.ClientHandler) (link.End, error) {
		return link.Dial(ctx, link.DialConfig{Addrs: file.Addrs, TLS: tls, Role: proto.RoleClient, Handler: h})
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	code := (&unit.Unit{Name: "square"}).Encode()
	s := &sums{got: map[int]uint64{}, used: map[proto.EngineID]bool{}, end: make(chan error, 1)}
	_, err = cc.Submit(ctx, proto.JobSpec{
		ID: link.NewJobID(), Kind: proto.JobCall, Placement: proto.PlaceAny, Chunk: 1,
		Code: proto.HashOf(code), Inputs: []proto.Block{proto.RangeBlock(0, tasks, 1)},
	}, []*proto.Object{{Hash: proto.HashOf(code), Data: code}}, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-s.end; err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, s *sums, tasks, engines int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range tasks {
		if got, ok := s.got[i]; !ok || got != uint64(i*i) {
			t.Fatalf("element %d is %d (there: %v), want %d", i, got, ok, i*i)
		}
	}
	if len(s.used) < engines/2 {
		t.Errorf("%d of %d engines were used", len(s.used), engines)
	}
}
