package procs

import (
	"maps"
	"testing"
)

func TestTheListIsReadAsATree(t *testing.T) {
	list := "    1     0  100 init\n   10     1  200 bench\n   11    10  300 child\n   12    11  400 grand child\n   13    10    5 ps\n   20     1  500 other\nnonsense\n"
	for of, want := range map[int]map[int]int{
		10: {11: 300, 12: 400},
		11: {12: 400},
		1:  {10: 200, 11: 300, 12: 400, 20: 500},
		20: {},
	} {
		if got := descendants([]byte(list), of); !maps.Equal(got, want) {
			t.Errorf("from %d come %v, want %v", of, got, want)
		}
	}
}
