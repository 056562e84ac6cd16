// Package corpus collects Go programs and notebook sessions, runs them in sessions, and compares what they do with what compiled
// programs do.
package corpus

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
)

// Setup makes the executable able to be the process of a session, too.
func Setup() {
	session.Register(api.Exports)
	role.Dispatch()
}

// options are what the command line asks for.
type options struct {
	tier    string
	group   string
	only    *regexp.Regexp
	report  string
	workers int
	timeout time.Duration
	testdir string
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "run what `REGEXP` matches, written as group/name")
	flags.StringVar(&o.tier, "tier", "both", "run in this `TIER`: interpreted, native or both")
	flags.StringVar(&o.group, "group", "", "run these `GROUPS` only, separated by commas: "+strings.Join(groupNames, ", "))
	flags.StringVar(&o.report, "report", "", "write the report to `FILE`, too")
	flags.IntVar(&o.workers, "workers", 2, "run `N` programs at once")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "interrupt a program after this `DURATION`")
	flags.StringVar(&o.testdir, "testdata", "internal/conformance/testdata", "the `DIRECTORY` of our own programs and sessions")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	o.only, err = regexp.Compile(*only)
	return o, err
}

// Run is the command; it returns the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return 2
	}
	tiers, err := tiersOf(o.tier)
	if err != nil {
		fmt.Fprintln(stderr, "conformance:", err)
		return 2
	}
	items, skipped, err := corpus(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "conformance:", err)
		return 1
	}
	r := &report{skipped: skipped}
	for _, tier := range tiers {
		if why := unavailable(ctx, tier); why != "" {
			r.notes = append(r.notes, fmt.Sprintf("The %s tier was not tried: %s.", tier, why))
			continue
		}
		fmt.Fprintf(stderr, "%d programs and sessions, %s\n", len(items), tier)
		r.add(tier, runAll(ctx, o, tier, items, stderr))
	}
	text := r.text()
	fmt.Fprint(stdout, text)
	if o.report != "" {
		if err := os.WriteFile(o.report, []byte(text), 0o644); err != nil {
			fmt.Fprintln(stderr, "conformance:", err)
			return 1
		}
	}
	if ctx.Err() != nil || !r.good() {
		return 1
	}
	return 0
}
