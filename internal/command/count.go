package command

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// The bounds of engines on one machine. Each is a process of some 30 MB; more than one per core is for functions that wait.
const (
	enginesPerCore = 32
	enginesAtLeast = 64 // whatever the cores
	enginesAtMost  = 4096
)

// engineCount is the flags of a command that starts engines on this machine.
type engineCount struct {
	n    int
	over bool
}

func (e *engineCount) flags(c *cobra.Command, usage string) {
	c.Flags().IntVarP(&e.n, "n", "n", 0, usage)
	c.Flags().BoolVar(&e.over, "oversubscribe", false, "start as many engines as --n says, also far more than cores")
}

// get is the number that was asked for, 0 if none was. Numbers that cannot be meant are changed, which the note says.
func (e *engineCount) get(c *cobra.Command) (n int, note string, err error) {
	if !c.Flags().Changed("n") {
		return 0, "", nil
	}
	return e.on(runtime.NumCPU())
}

// on is get on a machine with that many cores.
func (e *engineCount) on(cores int) (n int, note string, err error) {
	few := max(enginesPerCore*cores, enginesAtLeast)
	switch {
	case e.n < 0:
		return 0, "", usagef("--n=%d: there cannot be fewer than no engines", e.n)
	case e.n == 0:
		return cores, fmt.Sprintf("--n=0 stands for one engine per core: %d", cores), nil
	case e.over && e.n > enginesAtMost:
		return 0, "", usagef("--n=%d: one machine takes at most %d engines", e.n, enginesAtMost)
	case e.n > few && !e.over:
		return few, fmt.Sprintf("--n=%d is too many for %d cores: starting %d engines; --oversubscribe takes the number as it is", e.n, cores, few), nil
	}
	return e.n, "", nil
}
