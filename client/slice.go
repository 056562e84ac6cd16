package client

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/views"
)

// slice selects from engine ids: single ones by id, slices by position.
func slice(spec string, ids []int) ([]int, error) {
	var out []int
	for _, part := range strings.Split(spec, ",") {
		part = strings.TrimSpace(part)
		picked, err := pick(part, ids)
		if err != nil {
			return nil, fmt.Errorf("engines %q: %w", spec, err)
		}
		out = append(out, picked...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("engines %q: %w: it selects none of %v", spec, views.ErrNoEngine, ids)
	}
	return out, nil
}

func pick(part string, ids []int) ([]int, error) {
	fields := strings.Split(part, ":")
	if len(fields) == 1 {
		return pickOne(part, ids)
	}
	if len(fields) > 3 {
		return nil, fmt.Errorf("%q has more than two colons: write first:last:step", part)
	}
	var nums [3]*int
	for i, f := range fields {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		n, err := strconv.Atoi(f)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", f)
		}
		nums[i] = &n
	}
	step := 1
	if nums[2] != nil {
		step = *nums[2]
	}
	if step == 0 {
		return nil, fmt.Errorf("the step of %q cannot be 0", part)
	}
	return sliced(ids, nums[0], nums[1], step), nil
}

// pickOne takes an engine by its id, or from the end.
func pickOne(part string, ids []int) ([]int, error) {
	n, err := strconv.Atoi(part)
	if err != nil {
		return nil, fmt.Errorf("%q is no number; write ids (0,2), a slice (::2) or all", part)
	}
	if n >= 0 {
		return []int{n}, nil
	}
	if -n > len(ids) {
		return nil, fmt.Errorf("%w: there is no engine %d, counted from the end, among %d engines", views.ErrNoEngine, n, len(ids))
	}
	return []int{ids[len(ids)+n]}, nil
}

// sliced is Python's ids[from:to:step].
func sliced(ids []int, from, to *int, step int) []int {
	n := len(ids)
	bound := func(p *int, missing, low, high int) int {
		if p == nil {
			return missing
		}
		i := *p
		if i < 0 {
			i += n
		}
		return min(max(i, low), high)
	}
	var out []int
	if step > 0 {
		for i, end := bound(from, 0, 0, n), bound(to, n, 0, n); i < end; i += step {
			out = append(out, ids[i])
		}
		return out
	}
	for i, end := bound(from, n-1, -1, n-1), bound(to, -1, -1, n-1); i > end; i += step {
		out = append(out, ids[i])
	}
	return out
}
