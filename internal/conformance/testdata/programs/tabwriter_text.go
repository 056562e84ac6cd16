package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

type row struct {
	name string
	vals []float64
}

func wrap(s string, width int) (lines []string) {
	line := ""
	for _, w := range strings.Fields(s) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return append(lines, line)
}

func main() {
	tw := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight|tabwriter.Debug)
	for _, r := range []row{{"alpha", []float64{1, 22.5}}, {"b", []float64{333.25, 4}}} {
		fmt.Fprint(tw, r.name)
		for _, v := range r.vals {
			fmt.Fprintf(tw, "\t%.2f", v)
		}
		fmt.Fprintln(tw, "\t")
	}
	tw.Flush()
	for i, l := range wrap("the quick brown fox jumps over the lazy dog", 12) {
		fmt.Printf("%d|%-12s|\n", i, l)
	}
}
