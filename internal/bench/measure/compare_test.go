package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/bench/peers"
)

// scripted is a contestant who says what it is asked, and fails where it is told to.
type scripted struct {
	who   string
	works []peers.Work
	fails map[peers.Work]error
	log   *[]string
	n     float64
}

func (s *scripted) name() string           { return s.who }
func (s *scripted) does(w peers.Work) bool { return slices.Contains(s.works, w) }

func (s *scripted) start(_ context.Context, engines int) (map[peers.Figure]float64, error) {
	*s.log = append(*s.log, fmt.Sprintf("%s start %d", s.who, engines))
	return s.did("start", peers.Start)
}

func (s *scripted) measure(_ context.Context, w peers.Work) (map[peers.Figure]float64, error) {
	*s.log = append(*s.log, fmt.Sprintf("%s %s", s.who, w))
	return s.did(peers.Figure(w), w)
}

func (s *scripted) did(f peers.Figure, w peers.Work) (map[peers.Figure]float64, error) {
	if err := s.fails[w]; err != nil {
		return nil, err
	}
	s.n++
	return map[peers.Figure]float64{f: s.n}, nil
}

func (s *scripted) stop() error {
	*s.log = append(*s.log, s.who+" stop")
	return nil
}

func compared(t *testing.T, chosen []peers.Work, all ...*scripted) (*peers.Results, string) {
	t.Helper()
	var log []string
	var notes bytes.Buffer
	var those []contestant
	for _, x := range all {
		x.log = &log
		those = append(those, x)
	}
	c := newComparison(chosen, func(peers.Work) int { return 3 }, &notes)
	if err := c.together(t.Context(), those...); err != nil {
		t.Fatal(err)
	}
	return c.out, strings.Join(log, ", ")
}

func TestContestantsAlternate(t *testing.T) {
	a := &scripted{who: "a", works: []peers.Work{peers.Start, peers.Pi, peers.Naps}}
	b := &scripted{who: "b", works: []peers.Work{peers.Start, peers.Pi}}
	out, log := compared(t, []peers.Work{peers.Pi, peers.Naps}, a, b)
	want := "a start 4, b start 4, a pi, b pi, a pi, b pi, a pi, b pi, a start 8, a efficiency, a efficiency, a efficiency, a stop, b stop"
	if log != want {
		t.Errorf("got  %s\nwant %s", log, want)
	}
	// The first value is that of the start, which nobody has asked for; then come those of the rounds.
	if _, there := out.Of["a"]["start"]; there || out.Of["a"]["pi"] != 3 || out.Of["b"]["pi"] != 3 || out.Of["a"]["efficiency"] != 7 {
		t.Errorf("medians %v", out.Of)
	}
}

func TestTheStartIsMeasuredAsOftenAsTheRest(t *testing.T) {
	out, log := compared(t, []peers.Work{peers.Start}, &scripted{who: "a", works: []peers.Work{peers.Start}})
	if log != "a start 4, a start 4, a start 4, a stop" || out.Of["a"]["start"] != 2 {
		t.Errorf("%s: %v", log, out.Of)
	}
}

func TestWhoFailsIsNamedAndTheOthersGoOn(t *testing.T) {
	all := []peers.Work{peers.Start, peers.Pi, peers.Map}
	wrong := &scripted{who: "wrong", works: all, fails: map[peers.Work]error{peers.Pi: errors.New("3.2")}}
	dead := &scripted{who: "dead", works: all, fails: map[peers.Work]error{peers.Pi: fmt.Errorf("%w: killed", peers.ErrGone)}}
	absent := &scripted{who: "absent", works: all, fails: map[peers.Work]error{peers.Start: errors.New("not installed")}}
	fine := &scripted{who: "fine", works: all}
	out, log := compared(t, []peers.Work{peers.Pi, peers.Map}, wrong, dead, absent, fine)
	if len(out.Of["fine"]) != 2 || len(out.Of["wrong"]) != 1 || out.Of["wrong"]["map"] == 0 || len(out.Of["dead"]) != 0 || len(out.Of["absent"]) != 0 {
		t.Errorf("measured %v", out.Of)
	}
	if out.Failed["wrong"]["pi"] != "3.2" || !strings.Contains(out.Failed["dead"][""], "killed") || out.Failed["absent"][""] != "not installed" {
		t.Errorf("failed %v", out.Failed)
	}
	if strings.Count(log, "dead pi") != 1 || strings.Contains(log, "absent pi") || strings.Count(log, "stop") != 4 {
		t.Errorf("what happened: %s", log)
	}
}

func TestWorksAreChosenByWorkOrFigure(t *testing.T) {
	for _, c := range []struct{ only, want string }{
		{"pi", "[pi]"}, {"scatter,roundtrip99", "[roundtrip gather]"}, {"efficiency,memory", "[start efficiency]"},
		{"", "[roundtrip submit map pi factors islands push gather start efficiency]"},
	} {
		if got, err := works(c.only); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%q: %v, %v, want %s", c.only, got, err, c.want)
		}
	}
	if _, err := works("pi,cell-fib"); err == nil || !strings.Contains(err.Error(), `"cell-fib"`) || !strings.Contains(err.Error(), "roundtrip") {
		t.Errorf("an unknown work: %v", err)
	}
}

func TestSizesAreEverybodysOwn(t *testing.T) {
	for w, s := range sizes {
		if s.of(peers.Ours, false) <= 0 || s.of(peers.Ray, false) <= 0 || s.of(peers.Ray, true) != s.of(peers.Ours, true) {
			t.Errorf("%s: %+v", w, s)
		}
	}
}

// What we do beside peers is measured, small; that peers are missing is said, and is a failure.
func TestComparingWithoutPeers(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"--compare", "--quick", "--only", "roundtrip,islands,gather,memory", "--peers", t.TempDir()}, &stdout, &stderr)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"Ray was not measured: there is no", "make peers", "one no-op on one engine", "GB/s", "MB", "--only islands", "bars are reached"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is missing in\n%s\n%s", want, &stdout, &stderr)
		}
	}
	if strings.Contains(stdout.String(), "gocluster was not measured") || strings.Contains(stdout.String(), "gocluster,") {
		t.Errorf("we failed:\n%s\n%s", &stdout, &stderr)
	}
}
