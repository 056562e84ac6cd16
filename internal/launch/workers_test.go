package launch

import (
	"context"

	"github.com/gocluster/gocluster/internal/role"
)

func registerWorkers() {
	role.Register("worker", func(ctx context.Context, _ []string) int {
		<-ctx.Done()
		return 0
	})
}
