package corpus

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// enough is the part of the corpus that has to run right where there is only the interpreter.
const enough = 0.85

// report is what all the runs came to.
type report struct {
	results []result
	skipped []skip
	notes   []string
}

func (r *report) add(_ tier, results []result) { r.results = append(r.results, results...) }

// row is a line of the table.
type row struct {
	tier  tier
	group string
	count [timedOut + 1]int
	took  time.Duration
}

func (w row) total() int {
	n := 0
	for _, c := range w.count {
		n += c
	}
	return n
}

func (w *row) see(res result) {
	w.count[res.outcome]++
	w.took += res.took
}

// rows are the table: for each tier its groups and the whole.
func (r *report) rows() []row {
	var rows []row
	for _, t := range []tier{interpreted, compiled} {
		all := row{tier: t, group: "all"}
		for _, name := range groupNames {
			w := row{tier: t, group: name}
			for _, res := range r.results {
				if res.tier == t && res.item.group == name {
					w.see(res)
					all.see(res)
				}
			}
			if w.total() > 0 {
				rows = append(rows, w)
			}
		}
		if all.total() > 0 {
			rows = append(rows, all)
		}
	}
	return rows
}

// good reports whether the runs are as they have to be.
func (r *report) good() bool {
	for _, w := range r.rows() {
		switch n := w.total(); {
		case w.group != "all":
		case w.tier == compiled && w.count[right] < n:
			return false
		case w.count[wrong]+w.count[failed] > 0, float64(w.count[right]) < enough*float64(n):
			return false
		}
	}
	return true
}

// text is the report as it is printed.
func (r *report) text() string {
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "tier\tgroup\tall\tright\trefused\tfailed\twrong\ttimed out\tright\tseconds\t")
	for _, w := range r.rows() {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f %%\t%.0f\t\n", w.tier, w.group, w.total(), w.count[right], w.count[refused], w.count[failed],
			w.count[wrong], w.count[timedOut], 100*float64(w.count[right])/float64(w.total()), w.took.Seconds())
	}
	tw.Flush()
	for _, note := range r.notes {
		fmt.Fprintln(&b, note)
	}
	for _, o := range []outcome{wrong, failed, timedOut, refused} {
		r.list(&b, o)
	}
	if len(r.skipped) > 0 {
		fmt.Fprintf(&b, "\nnot run (%d):\n", len(r.skipped))
		for _, s := range r.skipped {
			fmt.Fprintf(&b, "  %s: %s\n", s.name, s.why)
		}
	}
	return b.String()
}

// list lists the items that came to o.
func (r *report) list(b *strings.Builder, o outcome) {
	var lines []string
	for _, res := range r.results {
		if res.outcome == o {
			lines = append(lines, fmt.Sprintf("  %s %s: %s\n", res.tier, res.item, res.diff))
		}
	}
	if len(lines) > 0 {
		slices.Sort(lines)
		fmt.Fprintf(b, "\n%s (%d):\n%s", o, len(lines), strings.Join(lines, ""))
	}
}
