package corpus

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// groupNames are the parts of the corpus.
var groupNames = []string{"goroot", "programs", "cut", "sessions"}

// item is one program or session: cells to be executed in a fresh session, and what is right.
type item struct {
	group, name string
	cells       []string
	judge       func([]happened) (outcome, string)
}

func (it item) String() string { return it.group + "/" + it.name }

// skip is a program that is not run, and why.
type skip struct{ name, why string }

// corpus collects what the options ask for, in a fixed order.
func corpus(ctx context.Context, o options, progress io.Writer) (items []item, skipped []skip, err error) {
	add := func(group string, collect func() ([]item, []skip, error)) {
		if err != nil || o.group != "" && !slices.Contains(strings.Split(o.group, ","), group) {
			return
		}
		var more []item
		var less []skip
		more, less, err = collect()
		items, skipped = append(items, more...), append(skipped, less...)
	}
	add("goroot", func() ([]item, []skip, error) { return goroot(ctx, o) })
	var own []program
	if o.group == "" || strings.Contains(o.group, "programs") || strings.Contains(o.group, "cut") {
		if own, err = ownPrograms(ctx, o, progress); err != nil {
			return nil, nil, err
		}
	}
	add("programs", func() ([]item, []skip, error) { return wholes(own), nil, nil })
	add("cut", func() ([]item, []skip, error) { return cuts(own) })
	add("sessions", func() ([]item, []skip, error) { return transcripts(o) })
	if err != nil {
		return nil, nil, err
	}
	items = slices.DeleteFunc(items, func(it item) bool { return !o.only.MatchString(it.String()) })
	if len(items) == 0 {
		return nil, nil, fmt.Errorf("nothing matches: groups are %s", strings.Join(groupNames, ", "))
	}
	return items, skipped, nil
}
