package corpus

import (
	"context"
	"fmt"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
)

// tier is a way in which a session runs code.
type tier = session.Tier

const (
	interpreted = session.TierInterpreted
	compiled    = session.TierNative
)

func tiersOf(name string) ([]tier, error) {
	switch name {
	case "both":
		return []tier{interpreted, compiled}, nil
	case string(interpreted), string(compiled):
		return []tier{tier(name)}, nil
	}
	return nil, fmt.Errorf("there is no tier %q: interpreted, native or both", name)
}

// unavailable says why a tier cannot be tried here; "" if it can.
func unavailable(ctx context.Context, t tier) string {
	if t != compiled {
		return ""
	}
	kit, err := native.Find(ctx, native.Options{})
	if err != nil {
		return err.Error()
	}
	defer kit.Close()
	if err := kit.Warm(ctx, func(string) {}); err != nil {
		return err.Error()
	}
	return ""
}

// executable is what sessions' processes are made of, this one if it is empty. A test has to say: its own has other builds of
// packages than compiled cells get.
var executable string

// start starts a session in a tier, in an empty directory.
func start(ctx context.Context, t tier, dir string) (*session.Session, error) {
	return session.Start(ctx, session.Options{Dir: dir, MemoryLimit: memory, Code: api.Code(), Tier: t, Executable: executable})
}

// memory bounds what one program may use: two of them run at once, on machines that have other things to do.
const memory = 1 << 30
