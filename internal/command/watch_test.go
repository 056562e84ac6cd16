package command

import (
	"strings"
	"testing"
	"time"
)

func TestWhatIsWatchedFitsTheWindow(t *testing.T) {
	text := "HOST  LOAD\nalpha 0.1\nbeta\x1b[2J 0.2\ngamma 0.3\nδέλτα 0.4"
	for _, c := range []struct {
		width, height int
		want          string
	}{
		{80, 10, "HOST  LOAD\nalpha 0.1\nbeta\\x1b[2J 0.2\ngamma 0.3\nδέλτα 0.4"},
		{5, 10, "HOST \nalpha\nbeta\ngamma\nδέλτα"},
		{80, 3, "HOST  LOAD\nalpha 0.1\n... and 3 more lines"},
		{80, 1, "... and 5 more lines"},
	} {
		if got := strings.Join(fit(text, c.width, c.height), "\n"); got != c.want {
			t.Errorf("%d x %d: got %q, want %q", c.width, c.height, got, c.want)
		}
	}
}

func TestAClusterIsWatchedUntilItEnds(t *testing.T) {
	home(t)
	if got := gocluster(t, t.Context(), "", "start", "--n=2", "--daemonize"); got.status != exitOK {
		t.Fatalf("got %+v", got)
	}
	stopped := false
	defer func() {
		if !stopped {
			gocluster(t, t.Context(), "", "stop")
		}
	}()
	if got := gocluster(t, t.Context(), "", "workers"); got.status != exitOK || !strings.Contains(got.out, "HOST") || !strings.Contains(got.out, "0-1") || !strings.Contains(got.out, "0 of 2") {
		t.Errorf("workers: %+v", got)
	}
	out, errs := &output{changed: make(chan struct{}, 1)}, &output{changed: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), "gocluster", []string{"status", "--watch=50ms"}, stdio{nil, out, errs})
	}()
	out.until(t, "engines: 2")
	gocluster(t, t.Context(), "", "stop")
	stopped = true
	select {
	case status := <-ended:
		if status != exitFailed || !strings.Contains(errs.String(), "the cluster has ended") {
			t.Errorf("status %d: %s", status, errs)
		}
	case <-time.After(patience):
		t.Fatal("it is still watched")
	}
}
