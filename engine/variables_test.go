package engine

import "testing"

func TestTypesAreComparedAsTheirSourceHasThem(t *testing.T) {
	for _, c := range []struct {
		variable, param string
		want            bool
	}{
		{"int", "int", true},
		{"int", "*int", true},
		{"*int", "int", false},
		{"[]float64", "[]float32", false},
		{"struct{rows [][]float64; Step int}", "*struct{Xrows [][]float64; Step int}", true},
		{"struct{Xa int; Xb struct{Xc int}}", "struct{a int; b struct{c int}}", true},
		{"struct{XY int}", "struct{Y int}", false},
		{"struct{a int}", "struct{b int}", false},
	} {
		if got := sameType(c.variable, c.param); got != c.want {
			t.Errorf("%s for a parameter %s: %v, want %v", c.variable, c.param, got, c.want)
		}
	}
}
