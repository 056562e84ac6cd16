package views_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

// TestMain starts the cluster that the examples connect to.
func TestMain(m *testing.M) {
	session.Register()
	launch.Register()
	role.Dispatch()
	os.Exit(withCluster(m.Run))
}

func withCluster(f func() int) int {
	cluster, err := launch.Embedded(context.Background(), 4)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(profiles.ConnectionEnv, cluster.ConnectionFile()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := f()
	if err := cluster.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

func root(x float64) (float64, error) {
	if x < 0 {
		return 0, errors.New("negative")
	}
	return math.Sqrt(x), nil
}

func triple(x int) int { return 3 * x }

func Example() {
	rc := client.MustConnect()
	defer rc.Close()
	view := rc.LoadBalanced()
	values, err := view.Map(triple, views.Range(0, 8)).Get()
	fmt.Println(values, err)
	// Output: [0 3 6 9 12 15 18 21] <nil>
}

// The typed functions give slices of the function's result type.
func ExampleMap() {
	rc := client.MustConnect()
	defer rc.Close()
	tripled, err := views.Map(rc.LoadBalanced(), triple, []int{5, 6, 7}).Get()
	fmt.Println(tripled[0]+tripled[1]+tripled[2], err)
	// Output: 54 <nil>
}

func ExampleMap2() {
	rc := client.MustConnect()
	defer rc.Close()
	sums, err := views.Map2(rc.LoadBalanced(), func(a int, b string) string { return fmt.Sprint(a, b) }, []int{1, 3}, []string{"a", "b"}).Get()
	fmt.Println(sums, err)
	// Output: [1a 3b] <nil>
}

// Elements that fail are named, and the values of the others are there.
func ExampleElementError() {
	rc := client.MustConnect()
	defer rc.Close()
	roots, err := views.TryMap(rc.LoadBalanced(), root, []float64{4, -1, 9}).Get()
	fmt.Println(roots)
	var failed *views.ElementError
	if errors.As(err, &failed) {
		fmt.Println(failed.Index, failed.Value, failed.Message)
	}
	// Output:
	// [2 0 3]
	// 1 -1 negative
}

// Inputs may be endless: elements are taken from the iterator as far as the look-ahead allows.
func ExampleResult_All() {
	rc := client.MustConnect()
	defer rc.Close()
	naturals := func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	}
	for v, err := range rc.LoadBalanced().MapAsync(triple, naturals, views.LookAhead(8)).All() {
		if err != nil || v.(int) > 10 {
			break // this also cancels the job
		}
		fmt.Println(v)
	}
	// Output:
	// 0
	// 3
	// 6
	// 9
}

// A direct view's engines have sessions, which keep what is declared there.
func ExampleDirectView_Execute() {
	rc := client.MustConnect()
	defer rc.Close()
	all := rc.All()
	if err := all.Scatter("part", []int{1, 2, 3, 4, 5, 6, 7, 8}); err != nil {
		fmt.Println(err)
	}
	sums, err := all.Execute(`sum := 0
for _, x := range part {
	sum += x
}
sum`).Get()
	fmt.Println(sums, err)
	// Output: [3 7 11 15] <nil>
}
