package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/bench/procs"
	"github.com/gocluster/gocluster/internal/launch"
)

func measureStart(ctx context.Context, b *bench) (figure, error) {
	var all []time.Duration
	for range 3 {
		d, err := startAndStop(ctx)
		if err != nil {
			return figure{}, err
		}
		all = append(all, d)
	}
	raw, err := repeat(5, func() error { return exec.Command("/bin/sh", "-c", ":").Run() })
	fig := figure{ours: seconds(median(all))}
	if err == nil { // there is a shell
		fig.raw = ms(raw) + " to run /bin/sh"
	}
	return fig, nil
}

// startAndStop starts a cluster, connects to it, and returns how long that took until all engines were there.
func startAndStop(ctx context.Context) (took time.Duration, err error) {
	started := time.Now()
	c, err := launch.Embedded(ctx, engines)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Stop(context.WithoutCancel(ctx))) }()
	rc, err := client.Connect(ctx, client.Options{ConnectionFile: c.ConnectionFile()})
	if err != nil {
		return 0, err
	}
	defer rc.Close()
	if err := rc.WaitForEngines(ctx, engines); err != nil {
		return 0, err
	}
	return time.Since(started), nil
}

// measureMemory adds up what the cluster's processes have in memory. A cluster of its own is measured: one that has worked is
// not what it was.
func measureMemory(ctx context.Context, b *bench) (fig figure, err error) {
	before, err := procs.Descendants(os.Getpid())
	if err != nil {
		return figure{}, err
	}
	c, err := launch.Embedded(ctx, engines)
	if err != nil {
		return figure{}, err
	}
	defer func() { err = errors.Join(err, c.Stop(context.WithoutCancel(ctx))) }()
	used, err := memory(os.Getpid(), before)
	return figure{ours: fmt.Sprintf("%d MB in %d processes", used.kilobytes>>10, used.processes)}, err
}
