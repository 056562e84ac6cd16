package peers

import (
	"fmt"
	"slices"
	"strings"
)

// Bar is what a figure of ours is to reach: a value, or a multiple of somebody else's in the same run. Where little is good it is an upper
// bound, else a lower one. A bar without either only compares.
type Bar struct {
	Figure Figure
	// Value is to be reached, if it is not 0.
	Value float64
	// Beside is who is compared with, Times how many times theirs it may be, or must be; 0: nothing is asked.
	Beside string
	Times  float64
}

// Bars are all bars. They are the one place where it is written what is to be reached.
var Bars = []Bar{
	{Figure: "roundtrip", Value: 120e-6},
	{Figure: "roundtrip99", Value: 500e-6},
	{Figure: "roundtrip", Beside: Ray, Times: 1. / 10},
	{Figure: "roundtrip", Beside: Ipyparallel, Times: 1. / 15},
	{Figure: "roundtrip", Beside: Dask},
	{Figure: "roundtrip", Beside: NATS, Times: 1.5},
	{Figure: "submit", Value: 100e3},
	{Figure: "submit", Beside: Ray},
	{Figure: "submit", Beside: Ipyparallel},
	{Figure: "submit", Beside: Dask},
	{Figure: "submit", Beside: NATS},
	{Figure: "map", Value: 20e6},
	{Figure: "map", Beside: Ray},
	{Figure: "pi", Value: 0.05},
	{Figure: "pi", Beside: Ray},
	{Figure: "pi", Beside: Ipyparallel},
	{Figure: "factors", Beside: Goroutines, Times: 1.1},
	{Figure: "factors", Beside: Ray},
	{Figure: "factors", Beside: Ipyparallel},
	{Figure: "islands", Value: 500e-6},
	{Figure: "islands", Beside: Ipyparallel},
	{Figure: "islands", Beside: Ray},
	{Figure: "push", Value: 1.5e9},
	{Figure: "push", Beside: Ray},
	{Figure: "push", Beside: Ipyparallel},
	{Figure: "gather", Value: 0.8e9},
	{Figure: "gather", Beside: Dask},
	{Figure: "gather", Beside: Ray},
	{Figure: "efficiency", Value: 0.97},
	{Figure: "efficiency", Beside: Ipyparallel},
	{Figure: "start", Value: 0.3},
	{Figure: "start", Beside: Dask},
	{Figure: "memory", Value: 120e6},
	{Figure: "memory", Beside: Dask},
}

// Reach says what a figure is to reach by itself, "" if nothing is asked.
func Reach(f Figure) string {
	for _, b := range Bars {
		if b.Figure == f && b.Value > 0 {
			return column(f).Text(b.Value)
		}
	}
	return ""
}

// Judgement is a bar with what was measured.
type Judgement struct {
	Bar
	Ours, Theirs float64
	// Ratio is ours to theirs, or to the value that is to be reached.
	Ratio float64
	// Missing says what was not measured; there is no ratio then.
	Missing string
}

// Judge compares ours with a bar.
func Judge(r *Results, b Bar) Judgement {
	j := Judgement{Bar: b}
	var ok bool
	if j.Ours, ok = r.Of[Ours][b.Figure]; !ok {
		j.Missing = missing(r, Ours, b.Figure)
		return j
	}
	j.Theirs = b.Value
	if b.Beside != "" {
		if j.Theirs, ok = r.Of[b.Beside][b.Figure]; !ok || j.Theirs == 0 {
			j.Missing = missing(r, b.Beside, b.Figure)
			return j
		}
	}
	j.Ratio = j.Ours / j.Theirs
	return j
}

// missing says that there is no figure; why is said below the tables.
func missing(r *Results, who string, f Figure) string {
	if r.why(who, f) != "" {
		return who + " failed"
	}
	return who + " was not measured"
}

// Asked reports whether the bar asks for something.
func (b Bar) Asked() bool { return b.Value > 0 || b.Times > 0 }

// Reached reports whether what is asked for is reached.
func (j Judgement) Reached() bool {
	if j.Missing != "" || !j.Asked() {
		return false
	}
	bound := j.Times
	if j.Value > 0 {
		bound = 1
	}
	if column(j.Figure).less() {
		return j.Ratio <= bound
	}
	return j.Ratio >= bound
}

// ahead says what a ratio means: how many times as long, or as much, or how many times better.
func ahead(c Column, ratio float64) string {
	if c.less() {
		ratio = 1 / ratio
	}
	if ratio >= 1 {
		return Number(ratio) + "x better"
	}
	return Number(1/ratio) + "x worse"
}

// cells are the judgement's line in a table.
func (j Judgement) cells() []string {
	c := column(j.Figure)
	out := []string{c.What, "-", "-", "-", "-", "-"}
	if j.Ours > 0 {
		out[1] = c.Text(j.Ours)
	}
	switch {
	case j.Beside == "":
		out[2] = "the bar"
	case j.Theirs > 0:
		out[2] = j.Beside + " " + c.Text(j.Theirs)
	default:
		out[2] = j.Beside
	}
	switch {
	case j.Value > 0 && c.less():
		out[4] = "at most " + c.Text(j.Value)
	case j.Value > 0:
		out[4] = "at least " + c.Text(j.Value)
	case j.Times > 0:
		out[4] = "at most " + ahead(c, j.Times)
		if j.Times < 1 == c.less() {
			out[4] = "at least " + ahead(c, j.Times)
		}
	}
	if j.Missing != "" {
		out[3] = j.Missing
		if j.Asked() {
			out[5] = "unknown"
		}
		return out
	}
	out[3] = ahead(c, j.Ratio)
	if j.Asked() {
		out[5] = map[bool]string{true: "yes", false: "NO"}[j.Reached()]
	}
	return out
}

// judged are the bars of the figures that a run was asked for.
func judged(r *Results, figures []Figure) (all []Judgement) {
	for _, b := range Bars {
		if slices.Contains(figures, b.Figure) {
			all = append(all, Judge(r, b))
		}
	}
	return all
}

// yardsticks are what others took on the machine for which the bars without anybody beside them were set, that day.
var yardsticks = []struct {
	who    string
	figure Figure
	took   float64
}{{NATS, "roundtrip", 94e-6}, {NATS, "submit", 1.04e6}, {Goroutines, "factors", 0.30}, {Ipyparallel, "islands", 8.3e-3}}

// Then says how a run's machine compares with the one for which the bars were set; "" if nothing was measured that tells.
func Then(r *Results, figures []Figure) string {
	var all []string
	for _, y := range yardsticks {
		if now, ok := r.Of[y.who][y.figure]; ok && slices.Contains(figures, y.figure) {
			c := column(y.figure)
			all = append(all, fmt.Sprintf("%s of %s was %s then and is %s now (%s)", y.figure, y.who, c.Text(y.took), c.Text(now), ahead(c, now/y.took)))
		}
	}
	if all == nil {
		return ""
	}
	return " Bars in absolute figures are those of one machine on one day: " + strings.Join(all, ", ") + "."
}

// Summary says how many bars are reached, and on what machine.
func Summary(r *Results, figures []Figure) string {
	asked, reached := 0, 0
	var not []string
	for _, j := range judged(r, figures) {
		if !j.Asked() {
			continue
		}
		asked++
		if j.Reached() {
			reached++
			continue
		}
		name := string(j.Figure)
		if j.Beside != "" {
			name += " beside " + j.Beside
		}
		not = append(not, name)
	}
	text := fmt.Sprintf("%d of %d bars are reached", reached, asked)
	if len(not) > 0 {
		text += "; not: " + strings.Join(not, ", ")
	}
	return text + "." + Then(r, figures)
}
