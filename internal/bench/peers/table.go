package peers

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Names are those of the works.
func Names() (names []string) {
	for _, c := range Figures {
		if !slices.Contains(names, string(c.Work)) {
			names = append(names, string(c.Work))
		}
	}
	return names
}

// Of returns the figures of some works.
func Of(works []Work) (figures []Figure) {
	for _, c := range Figures {
		if slices.Contains(works, c.Work) {
			figures = append(figures, c.Figure)
		}
	}
	return figures
}

// title names somebody with the version that was measured.
func (r *Results) title(who string) string {
	if v := r.Versions[who]; v != "" {
		return who + " " + v
	}
	return who
}

// figuresTable has a line for each figure, a column for each peer and the command that makes the line.
func (r *Results) figuresTable(figures []Figure) [][]string {
	head := []string{"what"}
	for _, who := range All {
		head = append(head, r.title(who))
	}
	lines := [][]string{append(head, "made by")}
	for _, f := range figures {
		c := column(f)
		line := []string{c.What}
		for _, who := range All {
			text := "-"
			if x, ok := r.Of[who][f]; ok {
				text = c.Text(x)
			} else if r.why(who, f) != "" {
				text = "failed"
			}
			line = append(line, text)
		}
		lines = append(lines, append(line, "--only "+string(c.Work)))
	}
	return lines
}

func (r *Results) barsTable(figures []Figure) [][]string {
	lines := [][]string{{"what", Ours, "beside", "ratio", "to reach", "reached"}}
	for _, j := range judged(r, figures) {
		lines = append(lines, j.cells())
	}
	return lines
}

// Failures are sentences about what is missing.
func (r *Results) Failures() (all []string) {
	for _, who := range All {
		if why := r.Failed[who][""]; why != "" {
			all = append(all, who+" was not measured: "+why)
			continue
		}
		for _, c := range Figures {
			if why := r.Failed[who][c.Figure]; why != "" {
				all = append(all, fmt.Sprintf("%s, %s: %s", who, c.Figure, why))
			}
		}
	}
	return all
}

// Print writes the results for people at a terminal.
func (r *Results) Print(w io.Writer, figures []Figure) {
	for _, table := range [][][]string{r.figuresTable(figures), r.barsTable(figures)} {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, line := range table {
			fmt.Fprintln(t, strings.Join(line, "\t"))
		}
		_ = t.Flush() // as far as there is somebody who reads it
		fmt.Fprintln(w)
	}
	for _, f := range r.Failures() {
		fmt.Fprintln(w, f)
	}
	fmt.Fprintln(w, Summary(r, figures))
	if r.Quick {
		fmt.Fprintln(w, quickNote)
	}
}

const quickNote = "Smaller sizes than those that are named, for trying only."

const preface = `# Beside others

Written by ` + "`make bench-peers`" + `, which does the same work on gocluster and on others, one after the other on one machine, and takes the
medians of several rounds; only the ratios of one run mean something elsewhere. Round trips and tasks of gocluster, goroutines and NATS
alternate, round by round. gocluster runs compiled units, its processes authenticate each other; goroutines are the same Go functions in one process;
NATS only carries requests to four processes and their answers back, over plain TCP. Ray's engines read what is pushed in shared memory, as
those of gocluster do. "make bench-peers ARGS=..." with what is in the last column makes one line anew.

`

// Markdown is the page about the results.
func (r *Results) Markdown(figures []Figure) string {
	var b strings.Builder
	b.WriteString(preface)
	fmt.Fprintf(&b, "%s\n", r.Machine)
	if r.Quick {
		b.WriteString("\n" + quickNote + "\n")
	}
	section(&b, "Figures", r.figuresTable(figures))
	if len(r.Of[Ours]) > 0 {
		section(&b, "Ratios and bars", r.barsTable(figures))
		fmt.Fprintf(&b, "\n%s\n", Summary(r, figures))
	} else {
		b.WriteString("\nThese are figures of peers only, of a run without gocluster: there is nothing to judge.\n")
	}
	for _, f := range r.Failures() {
		fmt.Fprintf(&b, "\n- %s", f)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func section(b *strings.Builder, title string, lines [][]string) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	for i, line := range lines {
		fmt.Fprintf(b, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			fmt.Fprintf(b, "|%s\n", strings.Repeat(" --- |", len(line)))
		}
	}
}
