package measure

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/bench/peers"
)

// besides measures the peers that are installed on the work of some rows, and says what stands beside a row, and what that means.
func besides(ctx context.Context, rows []row, o options, notes io.Writer) (beside func(row) string, note string, err error) {
	earlier, err := peers.Earlier()
	if err != nil {
		return nil, "", fmt.Errorf("the earlier figures cannot be read: %w", err)
	}
	now, absent, err := installed(ctx, rows, o, notes)
	if err != nil {
		return nil, "", err
	}
	beside = func(r row) string {
		if r.figure == "" && r.peer != "" {
			return r.peer + " " + peers.Mark
		}
		if r.figure == "" {
			return ""
		}
		return peers.Beside(r.figure, now, earlier)
	}
	note = fmt.Sprintf("Peers' figures that are marked %s are not of this run: cells' of a table of 2026-11-21, the others of a run on %s (internal/bench/peers/earlier.json)", peers.Mark, earlier.Machine)
	if len(absent) > 0 {
		note += "; not measured in this run: " + strings.Join(absent, "; ")
	}
	return beside, note + ".", nil
}

// installed measures peers; absent says who was not, and why.
func installed(ctx context.Context, rows []row, o options, notes io.Writer) (now *peers.Results, absent []string, err error) {
	var figures []peers.Figure
	for _, r := range rows {
		figures = append(figures, r.figure)
	}
	var chosen []peers.Work
	for _, c := range peers.Figures {
		if slices.Contains(figures, c.Figure) && !slices.Contains(chosen, c.Work) {
			chosen = append(chosen, c.Work)
		}
	}
	slices.SortStableFunc(chosen, func(a, b peers.Work) int { return last(a) - last(b) })
	c := newComparison(chosen, func(w peers.Work) int {
		if slices.Contains(brief, w) && !o.quick {
			return compareRounds
		}
		return 1
	}, notes)
	if len(chosen) == 0 {
		return c.out, nil, nil
	}
	for _, s := range peers.Specs(o.peers) {
		switch err := s.Installed(); {
		case o.alone:
			absent = append(absent, s.Name+" (--alone)")
		case err != nil:
			absent = append(absent, fmt.Sprintf("%s (%v)", s.Name, err))
		default:
			if err := c.together(ctx, &other{spec: s, quick: o.quick}); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, f := range c.out.Failures() {
		absent = append(absent, f)
	}
	return c.out, absent, nil
}
