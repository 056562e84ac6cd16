package launch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gocluster/gocluster/internal/batch"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/ranks"
	"github.com/gocluster/gocluster/internal/role"
)

// A rank is a process that keeps one of the engine hosts running that srun, mpiexec or a batch job have started. All of them share a folder with
// who has asked for them:
//
//	order.json   what each of them is to do
//	progress.N   what becomes of the engines of rank N, a line of JSON each
//	script       what a batch system was given
//
// They log into the profile's logs.
const rankRole = "rank"

// The files of a folder of ranks.
const (
	orderFile    = "order.json"
	rankProgress = "progress."
	scriptFile   = "script"
)

// ranksOrder is what all ranks are to do.
type ranksOrder struct {
	Order order
	// First is the first rank, Size the number of the set's ranks, Part that of each job of an array.
	First, Size, Part int
	// Leave is how long before the end of their time engines begin nothing more, 0 if nothing was said about it.
	Leave time.Duration
}

// RankMain is a rank's life. It is started with the folder, when the job's time is up, and the job's number in its array.
func RankMain(ctx context.Context, args []string) int {
	if len(args) != 3 {
		fmt.Fprintln(os.Stderr, "rank: this process is started by gocluster, not by hand")
		return 2
	}
	if err := runRank(ctx, args[0], args[1], args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func runRank(ctx context.Context, dir, end, part string) error {
	text, err := os.ReadFile(filepath.Join(dir, orderFile))
	if err != nil {
		return fmt.Errorf("the cluster that this was started for has ended, or its folder is not on this machine: %w", err)
	}
	var all ranksOrder
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, orderFile), err)
	}
	rank := all.First + rankOf(os.Getenv) + number(part)*all.Part
	progress, err := os.OpenFile(filepath.Join(dir, rankProgress+strconv.Itoa(rank)), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer progress.Close()
	node := here{}.Name()
	tell := func(p Progress) {
		if line, err := json.Marshal(rankStep{p, node}); err == nil {
			_, _ = progress.Write(append(line, '\n'))
		}
	}
	o := all.Order
	o.Around.Env = maps.Clone(o.Around.Env)
	if o.Around.Env == nil {
		o.Around.Env = map[string]string{}
	}
	o.Around.Env[ranks.RankEnv], o.Around.Env[ranks.SizeEnv] = strconv.Itoa(rank), strconv.Itoa(all.Size)
	o.Leave, o.End = leaveAt(time.Now(), end, all.Leave)
	o.Rank = rank
	if err := keepRank(ctx, o, rankLog(o.Set, rank), tell); err != nil {
		tell(Progress{Phase: Failed, Text: err.Error()})
		return err
	}
	return nil
}

// rankLog names a rank's log.
func rankLog(set string, rank int) string { return fmt.Sprintf("%s-%d", logName(set), rank) }

// keepRank keeps an engine host running until it has ended for good.
func keepRank(ctx context.Context, o order, name string, tell func(Progress)) error {
	g := group.New(context.WithoutCancel(ctx))
	begin := func() (*child, error) {
		log, err := logTo(o.profile(), name)
		if err != nil {
			return nil, err
		}
		return begin(g, hostRole, role.Command(hostRole, hostRole, o.Name), log)
	}
	first, err := begin()
	if err != nil {
		return err
	}
	p, err := keep(g, first, &kept{order: o, restart: o.Restart, tell: tell, log: filepath.Join(o.profile().LogDir(), name+".log"), another: begin})
	if err != nil {
		return err
	}
	select {
	case <-p.Exited():
	case <-ctx.Done():
		_ = p.Stop(context.WithoutCancel(ctx))
		tell(Progress{Phase: Ended})
	}
	return nil
}

// rankStep is a line of a rank's progress.
type rankStep struct {
	Progress
	// Node is where the rank runs.
	Node string
}

// rankOf is the rank that mpiexec or srun has given a process: the nearest of those that may have started one another.
func rankOf(env func(string) string) int {
	return number(cmp.Or(env("OMPI_COMM_WORLD_RANK"), env("PMI_RANK"), env("PMIX_RANK"), env("SLURM_PROCID")))
}

// number is the number that a text is, 0 if it is none.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// The time before the end of a job's time in which engines begin nothing, where the profile says nothing about it.
const (
	leaveMost = time.Minute
	leavePart = 10 // of what is left at the start
)

// leaveAt is when engines begin nothing more if their job ends at a time, as batch.ParseEnd reads it, and that time; zero: they stay.
func leaveAt(now time.Time, end string, before time.Duration) (leaves, at time.Time) {
	at, ok := batch.ParseEnd(end)
	if !ok || !at.After(now) {
		return time.Time{}, time.Time{}
	}
	if before == 0 {
		before = min(leaveMost, at.Sub(now)/leavePart)
	}
	return at.Add(-before), at
}
