package launch

import (
	"context"
	"os"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
)

// The roles that this package starts processes in.
const (
	controllerRole = "controller"
	hostRole       = "enginehost"
	clusterRole    = "cluster"
)

// Register makes this executable able to play the processes that clusters consist of. The session package's roles are needed as
// well. It is called before role.Dispatch.
func Register() {
	role.Register(controllerRole, ControllerMain)
	role.Register(hostRole, EngineHostMain)
	role.Register(clusterRole, ClusterMain)
	role.Register(outpostRole, OutpostMain)
	role.Register(rankRole, RankMain)
	role.Register(starterRole, StarterMain)
	role.Register(relayRole, RelayMain)
}

// ControllerMain is a controller process with a parent.
func ControllerMain(ctx context.Context, _ []string) int {
	return obey(ctx, true, func(ctx context.Context, o order, r *reporter) error {
		err := RunController(ctx, ControllerConfig{
			Profile: o.profile(), log: os.Stderr,
			started: func(cluster, addr string) { r.report(report{Event: listening, Cluster: cluster, Addr: addr}) },
		})
		if o.Temporary {
			_ = os.RemoveAll(o.Dir) // the parent does it too, if it lives
		}
		return err
	})
}

// EngineHostMain is an engine host process with a parent.
func EngineHostMain(ctx context.Context, _ []string) int {
	return obey(ctx, true, func(ctx context.Context, o order, r *reporter) error {
		cfg := EnginesConfig{
			Profile: o.profile(), N: o.N, Set: o.Set, part: o.Part, rank: o.Rank, ids: o.IDs, log: os.Stderr,
			registered: func(ids []proto.EngineID) { r.report(report{Event: registered, Engines: ids}) },
			ready:      func(ids []proto.EngineID) { r.report(report{Event: ready, Engines: ids}) },
			failed: func(id proto.EngineID, why string) {
				if id != proto.NoEngine {
					why = id.String() + ": " + why
				}
				r.report(report{Event: notice, Text: why})
			},
		}
		if o.Conn != nil {
			cfg.Profile, cfg.conn, cfg.giveUp = nil, o.Conn, orphanTime
		}
		var err error
		if cfg.peer, err = parsePeer(o.Peer); err != nil {
			return err
		}
		if err := o.Around.settle(); err != nil {
			return err
		}
		cfg.leaves, cfg.ends = o.Leave, o.End
		return RunEngines(ctx, cfg)
	})
}
