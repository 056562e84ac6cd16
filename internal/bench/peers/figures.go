package peers

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Work names something that all do.
type Work string

// The works. Start comes first; Naps has twice as many engines.
const (
	Start     Work = "start"
	RoundTrip Work = "roundtrip"
	Submit    Work = "submit"
	Map       Work = "map"
	Pi        Work = "pi"
	Factors   Work = "factors"
	Islands   Work = "islands"
	Push      Work = "push"
	Gather    Work = "gather"
	Naps      Work = "efficiency"
)

// Figure names what is measured of a work.
type Figure string

// unit is what a figure counts, and so how it is written and whether little or much of it is good.
type unit int

const (
	aTime   unit = iota // seconds; little is good
	aRate               // things a second; much is good
	aSpeed              // bytes a second; much is good
	aShare              // of 1; much is good
	aMemory             // bytes; little is good
)

// Column is a figure as a table has it.
type Column struct {
	Figure Figure
	Work   Work
	What   string
	unit   unit
}

// Figures are all figures, in the order of tables.
var Figures = []Column{
	{"roundtrip", RoundTrip, "one no-op on one engine, round trip, p50", aTime},
	{"roundtrip99", RoundTrip, "the same, p99", aTime},
	{"submit", Submit, "independent no-op tasks, submitted one by one", aRate},
	{"map", Map, "elements of a trivial map, each with its result", aRate},
	{"pi", Pi, "pi with 1,000,000 separate elements", aTime},
	{"factors", Factors, "factors of 5,001 numbers", aTime},
	{"islands", Islands, "one round over 16 islands of 64x10 floats", aTime},
	{"push", Push, "100 MB pushed to 4 engines, delivered", aSpeed},
	{"scatter", Gather, "100 MB scattered to 4 engines", aSpeed},
	{"gather", Gather, "100 MB gathered from 4 engines", aSpeed},
	{"efficiency", Naps, "256 tasks of 0.1 to 0.2 s, asleep, on 8 engines: what they fill of the engines' time", aShare},
	{"start", Start, "start until 4 engines are ready", aTime},
	{"memory", Start, "memory of the idle cluster of 4, without its client", aMemory},
}

// column returns a figure's column.
func column(f Figure) Column {
	i := slices.IndexFunc(Figures, func(c Column) bool { return c.Figure == f })
	if i < 0 {
		panic("no such figure: " + string(f))
	}
	return Figures[i]
}

// less reports whether little of it is good.
func (c Column) less() bool { return c.unit == aTime || c.unit == aMemory }

// Text writes a value of the figure.
func (c Column) Text(x float64) string {
	switch c.unit {
	case aTime:
		if x < 0.2 {
			return Number(1e3*x) + " ms"
		}
		return Number(x) + " s"
	case aRate:
		switch {
		case x >= 1e6:
			return Number(x/1e6) + " M/s"
		case x >= 1e3:
			return Number(x/1e3) + " k/s"
		}
		return Number(x) + " /s"
	case aSpeed:
		return Number(x/1e9) + " GB/s"
	case aShare:
		return fmt.Sprintf("%.1f %%", 100*x)
	}
	return fmt.Sprintf("%.0f MB", x/1e6)
}

// Text writes a value of a figure.
func Text(f Figure, x float64) string { return column(f).Text(x) }

// Number writes a number with three digits that count.
func Number(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 1:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}

// Median returns the middle of some values, which it sorts.
func Median[T cmp.Ordered](xs []T) T {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// Results are what a run has found out.
type Results struct {
	Date time.Time
	// Machine says what it ran on, and with what else.
	Machine string
	// Quick is set where smaller sizes were measured: the figures are for trying only.
	Quick bool `json:",omitempty"`
	// Of has what was measured of whom: the medians.
	Of map[string]map[Figure]float64
	// Versions are those of the peers.
	Versions map[string]string
	// Failed says why a figure is missing; the figure "" stands for all.
	Failed map[string]map[Figure]string `json:",omitempty"`
}

// NewResults returns results of now without any figure.
func NewResults(machine string) *Results {
	return &Results{
		Date: time.Now(), Machine: machine, Of: map[string]map[Figure]float64{}, Versions: map[string]string{}, Failed: map[string]map[Figure]string{},
	}
}

// Set notes a figure.
func (r *Results) Set(who string, f Figure, x float64) {
	if r.Of[who] == nil {
		r.Of[who] = map[Figure]float64{}
	}
	r.Of[who][f] = x
}

// Fail notes why all figures of a work are missing; of the work "", everything.
func (r *Results) Fail(who string, w Work, why string) {
	if r.Failed[who] == nil {
		r.Failed[who] = map[Figure]string{}
	}
	if w == "" {
		r.Failed[who][""] = why
	}
	for _, c := range Figures {
		if c.Work == w {
			r.Failed[who][c.Figure] = why
		}
	}
}

// why says why a figure is missing, "" if nothing is known.
func (r *Results) why(who string, f Figure) string {
	if why := r.Failed[who][f]; why != "" {
		return why
	}
	return r.Failed[who][""]
}

// Best returns who has the best of a figure among some.
func (r *Results) Best(f Figure, among []string) (who string, x float64, ok bool) {
	for _, name := range among {
		y, there := r.Of[name][f]
		if there && (!ok || column(f).less() == (y < x)) {
			who, x, ok = name, y, true
		}
	}
	return who, x, ok
}
