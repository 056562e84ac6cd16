// Package measure measures gocluster on this machine and prints a table: each figure beside the machine's raw limits, measured in the
// same run, beside the best peer's, measured earlier (so only orders of magnitude count there), and beside what is to be reached.
//
// A measurement that fails is reported on standard error and left out of the table, and the exit status is 1.
package measure

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/command"
)

// Main measures what the command's arguments ask for.
func Main() {
	command.Setup()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "smaller sizes and fewer rounds: seconds in place of minutes")
	only := flags.String("only", "", "measure these rows only, by `NAME`, separated by commas: "+strings.Join(names(), ", "))
	markdown := flags.String("markdown", "", "write the table to `FILE` as Markdown, too")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	rows, err := chosen(*only)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	b := &bench{quick: *quick, notes: stderr}
	defer b.close()
	fmt.Fprintln(stdout, machine())
	lines, ok := b.measure(ctx, rows)
	printTable(stdout, lines)
	if *markdown != "" {
		if err := writeMarkdown(*markdown, lines); err != nil {
			fmt.Fprintln(stderr, "bench:", err)
			return 1
		}
	}
	if !ok {
		return 1
	}
	return 0
}

// row is a line of the table before it is measured.
type row struct {
	name string
	what string
	// peer is the best figure of others, measured earlier and elsewhere in time; reach is what is to be reached.
	peer, reach string
	measure     func(ctx context.Context, b *bench) (figure, error)
}

// figure is what a measurement came to.
type figure struct {
	ours, raw string
	// what stands in for the row's, where less was measured than it says.
	what string
}

func names() []string {
	var all []string
	for _, r := range table {
		all = append(all, r.name)
	}
	return all
}

func chosen(only string) ([]row, error) {
	if only == "" {
		return table, nil
	}
	var rows []row
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(table, func(r row) bool { return r.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no row %q: there are %s", name, strings.Join(names(), ", "))
		}
		rows = append(rows, table[i])
	}
	return rows, nil
}

// measure measures the rows one after the other.
func (b *bench) measure(ctx context.Context, rows []row) (lines []line, ok bool) {
	ok = true
	for _, r := range rows {
		started := time.Now()
		fig, err := r.measure(ctx, b)
		if err != nil {
			fmt.Fprintf(b.notes, "bench: %s is left out: %v\n", r.name, err)
			ok = false
			continue
		}
		fmt.Fprintf(b.notes, "bench: %s: %s (took %v)\n", r.name, fig.ours, time.Since(started).Round(10*time.Millisecond))
		if fig.what == "" {
			fig.what = r.what
		}
		lines = append(lines, line{fig.what, fig.ours, fig.raw, r.peer, r.reach})
	}
	return lines, ok
}
