package views

import (
	"testing"
	"time"
)

// A call stays awake where that has been faster, and the other way is still tried.
func TestCallsStayAwakeWhereThatIsFaster(t *testing.T) {
	const many = 10_000
	for name, c := range map[string]struct {
		awake, asleep time.Duration
		least, most   int // of many calls that stay awake
	}{
		"an idle machine": {90 * time.Microsecond, 180 * time.Microsecond, many * 9 / 10, many},
		"a busy machine":  {240 * time.Microsecond, 150 * time.Microsecond, 1, many / 20},
		"no difference":   {150 * time.Microsecond, 150 * time.Microsecond, 1, many / 20},
		"tasks that last": {80 * time.Millisecond, 80 * time.Millisecond, 0, 0},
		"a slow network":  {600 * time.Microsecond, 700 * time.Microsecond, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var v vigil
			stayed := 0
			for range many {
				if v.stay() {
					stayed++
					v.awake.took(c.awake)
				} else {
					v.asleep.took(c.asleep)
				}
			}
			if stayed < c.least || stayed > c.most {
				t.Errorf("%d of %d calls stay awake, want %d to %d", stayed, many, c.least, c.most)
			}
		})
	}
}

// What has changed is noticed: a machine that was idle becomes busy.
func TestCallsGoToSleepAgain(t *testing.T) {
	v := vigil{awake: pace(90 * time.Microsecond), asleep: pace(180 * time.Microsecond)}
	for range 20 {
		if v.stay() {
			v.awake.took(time.Millisecond)
		}
	}
	if v.stay() {
		t.Errorf("a call stays awake though calls took %v so, and %v asleep", time.Duration(v.awake), time.Duration(v.asleep))
	}
}

func TestAResultThatComesWhileItsCallerIsAwake(t *testing.T) {
	var v vigil
	v.awake, v.asleep = 1, 2*pace(time.Microsecond)*10
	r := newResult("apply f", settings{}, shape{}, 1)
	go func() { (*sink)(r).End(0, nil, nil) }()
	asked := false
	err := v.wait(r, func() error {
		asked = true
		for !r.Ready() {
			<-time.After(time.Millisecond)
		}
		return nil
	})
	if err != nil || !asked || v.taken.Load() {
		t.Errorf("got %v; asked: %v, still taken: %v", err, asked, v.taken.Load())
	}
}
