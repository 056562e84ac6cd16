package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gocluster/gocluster/internal/proto"
)

// Sets are the engine sets of a running cluster.
type Sets []Set

// Set is an engine set of a running cluster.
type Set struct {
	// Name is the set's, "" for that of a profile without sets; Where its engines run, and How they are started.
	Name, Where, How string
	// Min and Max bound the engines of a set that follows the work. Max is 0 if it does not.
	Min, Max int
	// Engines are the ids of the engines that are there, Coming is how many are on their way or wait for a machine.
	Engines []int
	Coming  int
	// State is "ready", "draining", or how far its machines are.
	State string
	// Notes tell of each machine that is not ready, and why.
	Notes []string
}

func newSets(list []proto.SetStatus) Sets {
	var out Sets
	for _, s := range list {
		out = append(out, newSet(&s))
	}
	return out
}

func newSet(s *proto.SetStatus) Set {
	out := Set{Name: s.Name, Where: s.Where, How: s.How, Min: s.Min, Max: s.Max}
	var phases []string
	for _, p := range s.Parts {
		phase := p.Phase
		switch phase {
		case partReady, partLeaving:
			for _, id := range p.Engines {
				out.Engines = append(out.Engines, int(id))
			}
			out.Coming += p.Coming
			continue
		case partFailed, partEnded:
		case "":
			phase = "starting"
			fallthrough
		default:
			out.Coming += max(p.Coming, len(p.Engines))
		}
		if !slices.Contains(phases, phase) {
			phases = append(phases, phase)
		}
		note := p.Machine + ": " + phase
		if p.Text != "" {
			note += ": " + strings.ReplaceAll(p.Text, "\n", "\n    ")
		}
		out.Notes = append(out.Notes, note)
	}
	slices.Sort(out.Engines)
	switch {
	case s.Draining:
		out.State = "draining"
	case len(phases) > 0:
		out.State = strings.Join(phases, ", ")
	case len(out.Engines) == 0:
		out.State = "empty"
	default:
		out.State = "ready"
	}
	return out
}

// String is a table, with a line for each machine that is not ready.
func (s Sets) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SET\tWHERE\tENGINES\tCOMING\tMIN-MAX\tSTATE")
	for _, x := range s {
		bounds := "-"
		if x.Max > 0 {
			bounds = fmt.Sprintf("%d-%d", x.Min, x.Max)
		}
		where := x.Where
		if x.How != "direct" {
			where += ", " + x.How
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\n", cmp.Or(x.Name, "-"), where, len(x.Engines), x.Coming, bounds, x.State)
	}
	_ = w.Flush() // into memory
	for _, x := range s {
		for _, note := range x.Notes {
			fmt.Fprintf(&b, "%s %s\n", cmp.Or(x.Name, "-"), note)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
