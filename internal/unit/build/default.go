package build

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// Compiler makes programs of units.
type Compiler interface {
	Prepare(ctx context.Context, platform string) error
	Cached(u *unit.Unit, platform string) (*proto.Object, bool)
	Build(ctx context.Context, u *unit.Unit, platform string) (*proto.Object, error)
}

var chosen atomic.Pointer[Compiler]

var own = sync.OnceValue(func() *Builder { return New(Options{}) })

// Default is what compiles this process's units.
func Default() Compiler {
	if c := chosen.Load(); c != nil {
		return *c
	}
	return own()
}

// SetDefault makes c compile this process's units.
func SetDefault(c Compiler) { chosen.Store(&c) }
