package toolchain

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheSameIsRunOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o Once[int]
		var runs atomic.Int32
		hold := make(chan struct{})
		f := func() (int, error) { <-hold; return int(runs.Add(1)), nil }
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if got, err := o.Do(t.Context(), "key", f); got != 1 || err != nil {
					t.Errorf("got %d, %v", got, err)
				}
			})
		}
		synctest.Wait()
		close(hold)
		wg.Wait()
		if got, _ := o.Do(t.Context(), "key", f); got != 2 {
			t.Errorf("afterwards it is run %d times", got)
		}
	})
}

func TestARunThatIsCancelledCountsForNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o Once[int]
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := o.Do(ctx, "key", func() (int, error) { <-ctx.Done(); return 0, ctx.Err() }); err == nil {
				t.Error("the first was cancelled, and does not say so")
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if got, err := o.Do(t.Context(), "key", func() (int, error) { return 7, nil }); got != 7 || err != nil {
				t.Errorf("the second got %d, %v", got, err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
	})
}

func TestTheLeastRecentlyUsedGoFirst(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"old", "new", "middle"} {
		for _, file := range []string{name, name + ".sum"} {
			if err := os.WriteFile(filepath.Join(dir, file), make([]byte, 10), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		used := time.Now().Add(-time.Duration([]int{3, 1, 2}[i]) * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, name), used, used); err != nil {
			t.Fatal(err)
		}
	}
	Used(filepath.Join(dir, "old"))
	if err := Trim(dir, 20, ".sum"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"old": true, "new": true, "middle": false, "old.sum": true, "middle.sum": false} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func TestTheGoCommandIsLookedForWhereCommandsWouldFindIt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "go")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := Go([]string{"PATH=/nowhere", "PATH=/nothing:" + dir}); err != nil || got != file {
		t.Errorf("got %q, %v, want %q", got, err, file)
	}
	if got, err := Go([]string{"PATH=", "GOROOT="}); err == nil {
		t.Errorf("found %q where there is none", got)
	}
}
