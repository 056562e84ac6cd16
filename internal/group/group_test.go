package group

import (
	"context"
	"errors"
	"testing"
)

func TestGroup(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		f    func(context.Context) error
		want func(error) bool
	}{
		"an error stops the group": {func(context.Context) error { return boom }, func(err error) bool { return err == boom }},
		"a panic becomes an error": {func(context.Context) error { panic("oh") }, func(err error) bool { _, ok := err.(*PanicError); return ok }},
		"a nil result is no event": {func(context.Context) error { return nil }, func(err error) bool { return err == nil }},
		"stop ends what waits":     {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, func(err error) bool { return err == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			g := New(t.Context())
			if err := g.Go("f", c.f); err != nil {
				t.Fatal(err)
			}
			if name != "stop ends what waits" {
				if err := g.Wait(); !c.want(err) {
					t.Errorf("got %v", err)
				}
			}
			if err := g.Stop(); !c.want(err) {
				t.Errorf("got %v after Stop", err)
			}
			if err := g.Go("late", c.f); err != ErrStopped {
				t.Errorf("a stopped group started a goroutine: %v", err)
			}
		})
	}
}
