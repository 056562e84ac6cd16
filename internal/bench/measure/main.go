// Package measure measures gocluster on this machine and prints a table: each figure beside the machine's raw limits, measured in the
// same run, beside the best peer's, and beside what is to be reached. Peers are measured in the same run where they are installed; else their
// figures are of an earlier one, and marked, so that only orders of magnitude count there. With --compare all do the same work several times,
// and the ratios are judged: see package peers.
//
// A measurement that fails is reported on standard error and left out of the table, and the exit status is 1.
package measure

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/bench/peers"
	"github.com/gocluster/gocluster/internal/command"
)

// Main measures what the command's arguments ask for.
func Main() {
	command.Setup()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command's arguments ask for.
type options struct {
	quick, compare, alone       bool
	only, markdown, keep, peers string
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.quick, "quick", false, "smaller sizes and fewer rounds: seconds in place of minutes")
	flags.StringVar(&o.only, "only", "", "measure these rows only, by `NAME`, separated by commas: "+strings.Join(names(), ", ")+"; with --compare: "+strings.Join(peers.Names(), ", "))
	flags.StringVar(&o.markdown, "markdown", "", "write the table to `FILE` as Markdown, too")
	flags.BoolVar(&o.compare, "compare", false, "compare with peers: all do the same work, several times each")
	flags.StringVar(&o.keep, "keep", "", "write what --compare finds out to `FILE`, from which later runs without peers take it")
	flags.StringVar(&o.peers, "peers", peers.Dir, "the `DIRECTORY` where peers are installed, by make peers")
	flags.BoolVar(&o.alone, "alone", false, "measure no peers, although they are installed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		err = fmt.Errorf("%q is not understood: arguments begin with --", flags.Arg(0))
	} else if o.keep != "" && !o.compare {
		err = errors.New("--keep goes with --compare: nothing else is kept")
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
	}
	return o, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return 2
	}
	if o.compare {
		return comparing(ctx, o, stdout, stderr)
	}
	rows, err := chosen(o.only)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	b := &bench{quick: o.quick, notes: stderr}
	defer b.close()
	fmt.Fprintln(stdout, machine())
	beside, note, err := besides(ctx, rows, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	lines, ok := b.measure(ctx, rows, beside)
	printTable(stdout, lines)
	fmt.Fprintln(stdout, note)
	if o.markdown != "" {
		if err := os.WriteFile(o.markdown, []byte(markdownTable(lines)+"\n"+note+"\n"), 0o644); err != nil {
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
	// figure is what peers are measured by, "" where they are not; then peer is the best figure of others, found earlier.
	figure peers.Figure
	peer   string
	// reach is what is to be reached, where that is no bar of the figure's.
	reach   string
	measure func(ctx context.Context, b *bench) (figure, error)
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
func (b *bench) measure(ctx context.Context, rows []row, beside func(row) string) (lines []line, ok bool) {
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
		lines = append(lines, line{fig.what, fig.ours, fig.raw, beside(r), r.toReach(), r.name})
	}
	return lines, ok
}
