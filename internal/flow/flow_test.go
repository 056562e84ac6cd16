package flow

import (
	"context"
	"testing"
	"testing/synctest"
)

// TestAWindow takes and gives, and looks which takes have come through. A step above zero gives room, one below wants some.
func TestAWindow(t *testing.T) {
	for name, c := range map[string]struct {
		steps []int
		taken int // bytes for which there was room, at the end
	}{
		"all of it":                         {[]int{-Bytes}, Bytes},
		"one byte too many":                 {[]int{-Bytes, -1}, Bytes},
		"what is given can be taken again":  {[]int{-Bytes, +Piece, -Piece}, Bytes + Piece},
		"who waits gets what is given":      {[]int{-Bytes, -Piece, +Piece}, Bytes + Piece},
		"who waits gets it in parts":        {[]int{-Bytes, -3, +1, +1, +1}, Bytes + 3},
		"who waits gets no part of it":      {[]int{-Bytes, -3, +1, +1}, Bytes},
		"two who wait":                      {[]int{-Bytes, -2, -2, +4}, Bytes + 4},
		"who wants less does not wait":      {[]int{-(Bytes - 1), -2, -1}, Bytes},
		"there is never more than at first": {[]int{+Piece, -Bytes, -1}, Bytes},
		"more is given back than was taken": {[]int{-1, +Bytes, -Bytes, -1}, Bytes + 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				w, taken := NewWindow(), make(chan int, len(c.steps))
				for _, n := range c.steps {
					if n > 0 {
						w.Give(n)
					} else {
						go func() {
							if w.Take(ctx, -n) {
								taken <- -n
							}
						}()
					}
					synctest.Wait()
				}
				cancel()
				synctest.Wait()
				close(taken)
				sum := 0
				for n := range taken {
					sum += n
				}
				if sum != c.taken {
					t.Errorf("there was room for %d bytes, want %d", sum, c.taken)
				}
			})
		})
	}
}

// TestAPeerCannotTakeRoomAway: what comes from the network may be anything.
func TestAPeerCannotTakeRoomAway(t *testing.T) {
	w := NewWindow()
	w.Give(-Bytes)
	if !w.Take(t.Context(), Bytes) {
		t.Error("there is no room")
	}
}

// TestWhoWaitsForRoomEndsWithItsContext and takes none.
func TestWhoWaitsForRoomEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWindow()
		w.Take(t.Context(), Bytes)
		ctx, cancel := context.WithCancel(t.Context())
		took := make(chan bool)
		go func() { took <- w.Take(ctx, 1) }()
		synctest.Wait()
		cancel()
		if <-took {
			t.Error("it has taken what is not there")
		}
		w.Give(1)
		if !w.Take(t.Context(), 1) {
			t.Error("the room has gone")
		}
	})
}
