package measure

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/gocluster/gocluster/client"
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
	before, err := descendants()
	if err != nil {
		return figure{}, err
	}
	c, err := launch.Embedded(ctx, engines)
	if err != nil {
		return figure{}, err
	}
	defer func() { err = errors.Join(err, c.Stop(context.WithoutCancel(ctx))) }()
	after, err := descendants()
	if err != nil {
		return figure{}, err
	}
	sum, n := 0, 0
	for pid, kb := range after {
		if _, old := before[pid]; !old {
			sum, n = sum+kb, n+1
		}
	}
	return figure{ours: fmt.Sprintf("%d MB in %d processes", sum>>10, n)}, nil
}

// share returns a process's kilobytes of memory, what it shares with others in proportion, where the system tells; else the resident ones.
func share(pid, resident int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return resident
	}
	for line := range strings.Lines(string(text)) {
		var kb int
		if _, err := fmt.Sscanf(line, "Pss: %d kB", &kb); err == nil {
			return kb
		}
	}
	return resident
}

// descendants returns the kilobytes of memory of all processes that come from this one, by id.
func descendants() (map[int]int, error) {
	out, err := exec.Command("ps", "-eo", "pid=,ppid=,rss=,comm=").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	parent, rss := map[int]int{}, map[int]int{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var pid, ppid, kb int
		var name string
		if _, err := fmt.Sscan(lines.Text(), &pid, &ppid, &kb, &name); err != nil || name == "ps" {
			continue
		}
		parent[pid], rss[pid] = ppid, kb
	}
	ours := map[int]int{}
	for pid := range parent {
		for p := parent[pid]; p != 0; p = parent[p] {
			if p == os.Getpid() {
				ours[pid] = share(pid, rss[pid])
				break
			}
		}
	}
	return ours, nil
}
