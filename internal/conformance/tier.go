package main

import (
	"context"
	"fmt"

	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
)

// tier is a way in which a session runs code.
type tier string

const (
	interpreted tier = "interpreted"
	native      tier = "native"
)

func tiersOf(name string) ([]tier, error) {
	switch name {
	case "both":
		return []tier{interpreted, native}, nil
	case string(interpreted), string(native):
		return []tier{tier(name)}, nil
	}
	return nil, fmt.Errorf("there is no tier %q: interpreted, native or both", name)
}

// unavailable says why a tier cannot be tried here; "" if it can.
func unavailable(_ context.Context, t tier) string {
	if t == native {
		return "sessions do not have it yet"
	}
	return ""
}

// start starts a session in a tier, in an empty directory.
func start(ctx context.Context, _ tier, dir string) (*session.Session, error) {
	return session.Start(ctx, session.Options{Dir: dir, MemoryLimit: memory, Code: api.Code()})
}

// memory bounds what one program may use: two of them run at once, on machines that have other things to do.
const memory = 1 << 30
