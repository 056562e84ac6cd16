package measure

import (
	"fmt"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/views"
)

// mapSquares maps n elements, each a task of its own, and checks that every one is right.
func mapSquares(rc *client.Client, n int, out *[]int) error {
	r := rc.LoadBalanced().Map(bound()["square"], views.Range(0, n), views.ChunkSize(1))
	if err := r.Into(out); err != nil {
		return err
	}
	if len(*out) != n {
		return fmt.Errorf("%d results of %d", len(*out), n)
	}
	for i, x := range *out {
		if x != i*i {
			return fmt.Errorf("element %d came to %d", i, x)
		}
	}
	if tasks := len(r.Tasks()); tasks != n {
		return fmt.Errorf("%d tasks for %d elements", tasks, n)
	}
	return nil
}
