package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/bench/peers"
	"github.com/gocluster/gocluster/internal/bench/procs"
)

// contestant is somebody who does the works of package peers.
type contestant interface {
	name() string
	does(w peers.Work) bool
	// start starts a cluster, in place of the one that there is, if any.
	start(ctx context.Context, engines int) (map[peers.Figure]float64, error)
	measure(ctx context.Context, w peers.Work) (map[peers.Figure]float64, error)
	stop() error
}

// comparison is a run of several contestants.
type comparison struct {
	// rounds is how often each work is done; its median counts.
	rounds func(w peers.Work) int
	works  []peers.Work
	notes  io.Writer
	out    *peers.Results
	// given has the values of the rounds until they are summed up.
	given map[string]map[peers.Figure][]float64
	// lost are those that are of no more use.
	lost map[string]bool
}

func newComparison(works []peers.Work, rounds func(peers.Work) int, notes io.Writer) *comparison {
	return &comparison{
		rounds: rounds, works: works, notes: notes, out: peers.NewResults(machine()), given: map[string]map[peers.Figure][]float64{}, lost: map[string]bool{},
	}
}

// together has some contestants do the works, each work in turns, and stops them.
func (c *comparison) together(ctx context.Context, all ...contestant) error {
	defer func() {
		for _, x := range all {
			if err := x.stop(); err != nil {
				fmt.Fprintf(c.notes, "bench: stopping %s: %v\n", x.name(), err)
			}
		}
	}()
	now := 0 // engines that there are
	for _, w := range append([]peers.Work{peers.Start}, c.works...) {
		rounds, want := c.rounds(w), engines
		if w == peers.Naps {
			want = sleepEngines
		}
		if w == peers.Start {
			if now > 0 {
				continue // they have begun with it
			}
			if now = want; !slices.Contains(c.works, w) {
				rounds = 1
			}
		} else if now != want {
			now = want
			c.again(ctx, all, want)
		}
		for range rounds {
			c.round(ctx, all, w)
		}
		c.sum(all, w)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// again starts all with another number of engines.
func (c *comparison) again(ctx context.Context, all []contestant, engines int) {
	for _, x := range all {
		if c.lost[x.name()] || !x.does(peers.Naps) {
			continue
		}
		if _, err := x.start(ctx, engines); err != nil {
			c.lose(x, fmt.Errorf("%d engines do not start: %w", engines, err))
		}
	}
}

// round has each do a work once.
func (c *comparison) round(ctx context.Context, all []contestant, w peers.Work) {
	for _, x := range all {
		if c.lost[x.name()] || !x.does(w) {
			continue
		}
		var got map[peers.Figure]float64
		var err error
		if w == peers.Start {
			got, err = x.start(ctx, engines)
		} else {
			got, err = x.measure(ctx, w)
		}
		switch {
		case err != nil && (w == peers.Start || errors.Is(err, peers.ErrGone)):
			c.lose(x, err)
		case err != nil:
			fmt.Fprintf(c.notes, "bench: %s, %s: %v\n", x.name(), w, err)
			c.out.Fail(x.name(), w, err.Error())
		}
		for f, value := range got {
			if c.given[x.name()] == nil {
				c.given[x.name()] = map[peers.Figure][]float64{}
			}
			c.given[x.name()][f] = append(c.given[x.name()][f], value)
		}
	}
}

// lose does without somebody from now on; what was measured stays.
func (c *comparison) lose(x contestant, err error) {
	fmt.Fprintf(c.notes, "bench: %s: %v\n", x.name(), err)
	c.lost[x.name()] = true
	c.out.Fail(x.name(), "", err.Error())
}

// sum sums a work's rounds up. Of a work that has failed once there are no figures.
func (c *comparison) sum(all []contestant, w peers.Work) {
	for _, f := range peers.Of([]peers.Work{w}) {
		for _, x := range all {
			values := c.given[x.name()][f]
			if _, failed := c.out.Failed[x.name()][f]; failed || len(values) == 0 || !slices.Contains(c.works, w) {
				continue
			}
			c.out.Set(x.name(), f, peers.Median(values))
			fmt.Fprintf(c.notes, "bench: %s, %s: %s\n", x.name(), f, peers.Text(f, c.out.Of[x.name()][f]))
		}
	}
	for _, x := range all {
		if x, ok := x.(*other); ok && x.version != "" {
			c.out.Versions[x.name()] = x.version
		}
	}
}

// other is a contestant that is another program.
type other struct {
	spec    peers.Spec
	quick   bool
	process *peers.Process
	version string
}

func (o *other) name() string           { return o.spec.Name }
func (o *other) does(w peers.Work) bool { return o.spec.Does(w) }

func (o *other) start(ctx context.Context, engines int) (map[peers.Figure]float64, error) {
	if err := o.stop(); err != nil {
		return nil, err
	}
	p, got, err := o.launch(ctx, engines)
	if err != nil && o.process != nil { // on a busy machine Ray does not always start
		if err := o.stop(); err != nil {
			return nil, err
		}
		p, got, err = o.launch(ctx, engines)
	}
	if err != nil {
		return nil, err
	}
	o.version = p.Version
	if o.spec.Within {
		return got, nil
	}
	used, err := memory(p.PID(), nil)
	got["memory"] = used.bytes()
	return got, err
}

func (o *other) launch(ctx context.Context, engines int) (*peers.Process, map[peers.Figure]float64, error) {
	p, err := peers.Launch(ctx, o.spec)
	if err != nil {
		return nil, nil, err
	}
	o.process = p
	got, err := p.Measure(ctx, peers.Request{Work: peers.Start, Engines: engines})
	return p, got, err
}

func (o *other) measure(ctx context.Context, w peers.Work) (map[peers.Figure]float64, error) {
	return o.process.Measure(ctx, peers.Request{Work: w, Size: sizes[w].of(o.name(), o.quick)})
}

func (o *other) stop() error {
	if o.process == nil {
		return nil
	}
	p := o.process
	o.process = nil
	return p.Close()
}

// inUse is the memory of some processes.
type inUse struct{ kilobytes, processes int }

func (u inUse) bytes() float64 { return float64(u.kilobytes) * 1024 }

// memory adds up what the processes have in memory that come from one, but for some.
func memory(of int, but map[int]int) (inUse, error) {
	all, err := procs.Descendants(of)
	u := inUse{}
	for pid, kb := range all {
		if _, other := but[pid]; !other {
			u.kilobytes, u.processes = u.kilobytes+kb, u.processes+1
		}
	}
	return u, err
}

// size is how much of a work is done in one round: by us, by NATS and by the Python peers.
type size struct{ ours, nats, python, quick int }

// sizes are those of a full run. What is counted per second is done so often that it takes about a second. In a quick run, all do
// the quick size.
var sizes = map[peers.Work]size{
	peers.RoundTrip: {2000, 2000, 300, 100},
	peers.Submit:    {50_000, 200_000, 5000, 1000},
	peers.Map:       {2_000_000, 0, 200_000, 20_000},
	peers.Pi:        {1_000_000, 0, 1_000_000, 20_000},
	peers.Factors:   {5001, 0, 5001, 251},
	peers.Islands:   {200, 0, 20, 10},
	peers.Push:      {100_000_000, 0, 100_000_000, 40_000_000},
	peers.Gather:    {100_000_000, 0, 100_000_000, 40_000_000},
	peers.Naps:      {sleepers, 0, sleepers, 32},
}

func (s size) of(who string, quick bool) int {
	switch {
	case quick:
		return s.quick
	case who == peers.Ours, who == peers.Goroutines:
		return s.ours
	case who == peers.NATS:
		return s.nats
	}
	return s.python
}

// The rounds of a comparison. Where there is little time, works that take a second or more are done once.
const (
	compareRounds = 5
	quickRounds   = 3
)

// brief are the works of which several rounds take no time to speak of.
var brief = []peers.Work{peers.RoundTrip, peers.Submit, peers.Islands, peers.Push, peers.Gather}

// all compares everybody: us, goroutines and NATS in turns, then the others one after the other.
func (c *comparison) all(ctx context.Context, quick bool, dir string) error {
	others := map[string]*other{}
	for _, s := range peers.Specs(dir) {
		others[s.Name] = &other{spec: s, quick: quick}
	}
	us := &ours{b: &bench{quick: quick, notes: c.notes}}
	if err := c.together(ctx, us, &plain{quick: quick}, others[peers.NATS]); err != nil {
		return err
	}
	for _, name := range peers.Python {
		if err := c.together(ctx, others[name]); err != nil {
			return err
		}
	}
	return nil
}

// works are those that the rows or figures named in only belong to; all if it is empty.
func works(only string) ([]peers.Work, error) {
	var chosen []peers.Work
	for _, c := range peers.Figures {
		wanted := only == ""
		for _, name := range strings.Split(only, ",") {
			wanted = wanted || name == string(c.Figure) || name == string(c.Work)
		}
		if wanted && !slices.Contains(chosen, c.Work) {
			chosen = append(chosen, c.Work)
		}
	}
	for _, name := range strings.Split(only, ",") {
		known := slices.ContainsFunc(peers.Figures, func(c peers.Column) bool { return name == string(c.Figure) || name == string(c.Work) })
		if only != "" && !known {
			return nil, fmt.Errorf("nobody else does %q: there are %s", name, strings.Join(peers.Names(), ", "))
		}
	}
	// The work with more engines comes last: nobody has to start twice for it.
	slices.SortStableFunc(chosen, func(a, b peers.Work) int { return last(a) - last(b) })
	return chosen, nil
}

func last(w peers.Work) int {
	if w == peers.Naps {
		return 1
	}
	return 0
}

// comparing is the bench's run beside peers.
func comparing(ctx context.Context, o options, stdout, stderr io.Writer) int {
	chosen, err := works(o.only)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	rounds := func(w peers.Work) int {
		switch {
		case !o.quick:
			return compareRounds
		case slices.Contains(brief, w):
			return quickRounds
		}
		return 1
	}
	began := time.Now()
	c := newComparison(chosen, rounds, stderr)
	c.out.Quick = o.quick
	fmt.Fprintln(stdout, c.out.Machine)
	if err := c.all(ctx, o.quick, o.peers); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	figures := peers.Of(chosen)
	c.out.Print(stdout, figures)
	fmt.Fprintf(stderr, "bench: it took %v\n", time.Since(began).Round(time.Second))
	for file, text := range map[string]func() (string, error){
		o.markdown: func() (string, error) { return c.out.Markdown(figures), nil },
		o.keep:     c.out.JSON,
	} {
		if file == "" {
			continue
		}
		s, err := text()
		if err == nil {
			err = os.WriteFile(file, []byte(s), 0o644)
		}
		if err != nil {
			fmt.Fprintln(stderr, "bench:", err)
			return 1
		}
	}
	if len(c.out.Failed) > 0 {
		return 1
	}
	return 0
}
