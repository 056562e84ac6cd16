package conn

import (
	"context"
	"sync/atomic"
)

var ambient atomic.Pointer[func() context.Context]

// SetAmbient says under which context calls without one run; see package client.
func SetAmbient(f func() context.Context) { ambient.Store(&f) }

// Ambient returns the context of calls that are given none.
func Ambient() context.Context {
	if f := ambient.Load(); f != nil && *f != nil {
		if ctx := (*f)(); ctx != nil {
			return ctx
		}
	}
	return context.Background()
}
