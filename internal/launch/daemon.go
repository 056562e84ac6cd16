package launch

import (
	"context"
	"fmt"
	"os"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/role"
)

// startDaemon starts a supervisor in the background, which starts the cluster, and waits until that is ready.
func startDaemon(ctx context.Context, cfg Config) (*Cluster, error) {
	log, err := logTo(cfg.Profile, clusterName)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c := &Cluster{cfg: cfg, group: group.New(context.Background()), done: make(chan struct{})}
	s, err := begin(c.group, "supervisor", role.Detached(clusterRole, clusterRole, cfg.Profile.Name), log)
	if err != nil {
		return nil, err
	}
	o := c.order()
	o.N = cfg.N
	if err := s.order(o); err != nil {
		s.end(ctx)
		return nil, err
	}
	for {
		select {
		case r, ok := <-s.reports:
			switch {
			case !ok:
				<-s.exited
				return nil, fmt.Errorf("the cluster did not start: %s", s.death())
			case r.Event == ready:
				c.engines, c.missing, c.coming, c.waiting = r.Engines, r.Missing, r.Coming, r.Waiting
				close(c.done) // there is nothing here to wait for
				return c, nil
			case r.Event == notice:
				c.notice("%s", r.Text)
			}
		case <-ctx.Done():
			_ = terminate(s.pid())
			<-s.exited
			return nil, fmt.Errorf("starting the cluster: %w", context.Cause(ctx))
		}
	}
}

// ClusterMain is the supervisor of a cluster in the background. It runs until the cluster ends or it is asked to terminate.
func ClusterMain(ctx context.Context, _ []string) int {
	return obey(ctx, false, func(ctx context.Context, o order, r *reporter) error {
		c, err := Start(ctx, Config{Profile: o.profile(), N: o.N, Notice: func(text string) {
			fmt.Fprintln(os.Stderr, text)
			r.report(report{Event: notice, Text: text}) // to whoever started us, as long as he is there
		}})
		if err != nil {
			return err
		}
		coming, waiting := c.Coming()
		r.report(report{Event: ready, Engines: c.Engines(), Missing: c.Missing(), Coming: coming, Waiting: waiting})
		r.close() // whoever started us goes
		why := c.Wait(ctx)
		if err := c.Stop(context.WithoutCancel(ctx)); why == nil {
			why = err
		}
		return why
	})
}
