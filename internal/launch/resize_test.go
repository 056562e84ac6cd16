package launch

import (
	"slices"
	"testing"
)

// TestEnginesAreSpreadOverHosts evenly, or as the profile has them spread.
func TestEnginesAreSpreadOverHosts(t *testing.T) {
	for _, c := range []struct {
		name               string
		n                  int
		have, weight, want []int
	}{
		{"from nothing", 5, []int{0, 0, 0}, []int{1, 1, 1}, []int{2, 2, 1}},
		{"one has more", 3, []int{2, 0, 1}, []int{1, 1, 1}, []int{0, 2, 1}},
		{"one is twice the others", 8, []int{0, 0, 0}, []int{4, 2, 2}, []int{4, 2, 2}},
		{"none", 0, []int{1, 2}, []int{1, 1}, []int{0, 0}},
	} {
		if got := spread(c.n, c.have, c.weight); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v more, want %v", c.name, got, c.want)
		}
	}
}

func TestEnginesAreTakenFromTheHostsThatHaveMost(t *testing.T) {
	for _, c := range []struct {
		name               string
		n                  int
		have, weight, want []int
	}{
		{"alike", 2, []int{2, 2, 2}, []int{1, 1, 1}, []int{0, 1, 1}},
		{"one has more", 2, []int{4, 2, 1}, []int{1, 1, 1}, []int{2, 0, 0}},
		{"one is twice the others", 4, []int{4, 2, 2}, []int{4, 2, 2}, []int{2, 1, 1}},
		{"all", 9, []int{1, 2}, []int{1, 1}, []int{1, 2}},
	} {
		if got := fewest(c.n, c.have, c.weight); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v fewer, want %v", c.name, got, c.want)
		}
	}
}
