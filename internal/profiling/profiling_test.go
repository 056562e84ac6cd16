package profiling

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/gocluster/gocluster/internal/profiling/cpu"
	"github.com/gocluster/gocluster/internal/proto"
)

// busy computes until the function that it returns is called.
func busy(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	go func() {
		for x := 0; ctx.Err() == nil; x++ {
		}
	}()
}

func TestProfilesAreMergedByProcess(t *testing.T) {
	busy(t)
	one := cpu.Profile(t.Context(), "controller", 300*time.Millisecond)
	two := one
	two.Role, two.PID = "engine host", 77
	var out bytes.Buffer
	shares, err := Merge(&out, []proto.Profile{one, two, {Role: "engine host", PID: 78, Host: "far", Why: "it has not answered"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(shares) != 3 || shares[0].CPU == 0 || shares[0].CPU != shares[1].CPU || shares[2].Why != "it has not answered" {
		t.Errorf("shares %+v", shares)
	}
	p, err := profile.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int64{}
	for _, s := range p.Sample {
		times[s.Label[Label][0]] += s.Value[1]
	}
	if a, b := times[Name(&one)], times[Name(&two)]; a == 0 || a != b || len(times) != 2 {
		t.Errorf("samples by process: %v", times)
	}
}

func TestAProcessIsWatchedByOneAtATime(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	first := make(chan proto.Profile)
	began := make(chan struct{})
	go func() {
		close(began)
		first <- cpu.Profile(ctx, "controller", time.Hour)
	}()
	<-began
	for {
		p := cpu.Profile(t.Context(), "controller", time.Nanosecond)
		if p.Why == "" {
			continue // it was before the first
		}
		if !strings.Contains(p.Why, "somebody else is at it") {
			t.Errorf("got %q", p.Why)
		}
		break
	}
	stop()
	if p := <-first; p.Why != "" || len(p.Data) == 0 {
		t.Errorf("the first has %d bytes, %q", len(p.Data), p.Why)
	}
}

func TestNothingToMerge(t *testing.T) {
	if _, err := Merge(&bytes.Buffer{}, []proto.Profile{{Role: "controller", Data: []byte("no profile")}}); err == nil {
		t.Error("a profile of nothing")
	}
}
