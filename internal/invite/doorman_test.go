package invite

import (
	"fmt"
	"testing"
	"time"
)

func TestWhoFailsTooOftenWaits(t *testing.T) {
	d := doorman{sources: map[string]*source{}}
	now := time.Unix(1_800_000_000, 0)
	for range failures {
		if w := d.wait("guesser", now); w != 0 {
			t.Fatalf("%v to wait too early", w)
		}
		d.fail("guesser", now)
	}
	for _, c := range []struct {
		from  string
		after time.Duration
		want  time.Duration
	}{
		{"guesser", 0, time.Second},
		{"guesser", 400 * time.Millisecond, 600 * time.Millisecond},
		{"somebody else", 0, 0},
		{"guesser", time.Second, 0},
	} {
		if got := d.wait(c.from, now.Add(c.after)); got != c.want {
			t.Errorf("%s after %v waits %v, want %v", c.from, c.after, got, c.want)
		}
	}
	now = now.Add(time.Second)
	d.fail("guesser", now)
	if got := d.wait("guesser", now); got != time.Second {
		t.Errorf("after one more failure: %v", got)
	}
	if got := d.wait("guesser", now.Add(time.Hour)); got != 0 || d.sources["guesser"].failed != 0 {
		t.Errorf("not forgiven: %v, %+v", got, d.sources["guesser"])
	}
}

func TestTheDoormanForgets(t *testing.T) {
	d := doorman{sources: map[string]*source{}}
	now := time.Unix(1_800_000_000, 0)
	for i := range 3 * maxSources {
		d.fail(fmt.Sprint(i), now)
	}
	if len(d.sources) > maxSources {
		t.Errorf("%d sources are remembered", len(d.sources))
	}
}
