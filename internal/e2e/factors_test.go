package e2e

import (
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/gocluster/gocluster/views"
)

// firstNumber is the first of the odd numbers that are factored.
const firstNumber = 999_999_999_999

// fullEnv asks for all of the numbers. While code is interpreted, that takes minutes.
const fullEnv = "GOCLUSTER_E2E_FULL"

// numbers are the 5,001 odd numbers, or every tenth of them.
func numbers() []int {
	stride := 10
	if os.Getenv(fullEnv) != "" {
		stride = 1
	}
	var ns []int
	for i := 0; i <= 5000; i += stride {
		ns = append(ns, firstNumber+2*i)
	}
	return ns
}

// checkFactors compares results with what this process computes itself.
func checkFactors(t *testing.T, ns []int, got [][]int) {
	t.Helper()
	if len(got) != len(ns) {
		t.Fatalf("%d results for %d numbers", len(got), len(ns))
	}
	if want := []int{3, 3, 3, 7, 11, 13, 37, 101, 9901}; !slices.Equal(got[0], want) {
		t.Errorf("the first: got %v, want %v", got[0], want)
	}
	primes := 0
	for i, n := range ns {
		if want := factors(n); !slices.Equal(got[i], want) {
			t.Errorf("%d: got %v, want %v", n, got[i], want)
		}
		if len(got[i]) == 1 {
			primes++
		}
	}
	if len(ns) == 5001 && primes != 335 {
		t.Errorf("got %d primes, want 335", primes)
	}
}

func TestFactors(t *testing.T) {
	view := connect(t, start(t, 4), nil).LoadBalanced()
	second, err := view.Apply(factors, firstNumber+2).Value()
	if want := []int{73, 137, 99990001}; err != nil || !reflect.DeepEqual(second, want) {
		t.Errorf("the second: got %v, %v; want %v", second, err, want)
	}
	ns := numbers()
	r := views.Map(view, factors, ns)
	got, err := r.Get()
	if err != nil {
		t.Fatal(err)
	}
	checkFactors(t, ns, got)
	t.Logf("%d numbers took %v, speedup %.1f", len(ns), r.Result.WallTime(), r.Result.Speedup())
}
