package heap

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestTheFactorGivesTheRoom(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live, room uint64
		want       int
	}{
		{0, 64 * mb, 400}, {mb, 64 * mb, 400}, {16 * mb, 64 * mb, 400}, {32 * mb, 64 * mb, 200}, {64 * mb, 64 * mb, 100}, {1000 * mb, 64 * mb, 50},
	} {
		if got := percentFor(c.live, c.room); got != c.want {
			t.Errorf("%d MB in use, %d MB of room: %d %%, want %d %%", c.live/mb, c.room/mb, got, c.want)
		}
	}
}

var kept [][]byte

// A process that has 100 MB in use and makes garbage stays below what it has and the room; GOGC=400 would have it take 500 MB.
func TestAPacedHeapStaysSmall(t *testing.T) {
	if os.Getenv("HEAP_TEST") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=TestAPacedHeapStaysSmall", "-test.v")
		cmd.Env = append(os.Environ(), "HEAP_TEST=1", "GOGC=")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "PASS") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	Pace(64 << 20)
	for range 100 {
		kept = append(kept, make([]byte, 1<<20))
	}
	for range 2000 {
		kept[0] = make([]byte, 1<<20)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if mb := (m.HeapSys - m.HeapReleased) >> 20; mb > 300 {
		t.Errorf("the heap has taken %d MB", mb)
	}
	runtime.KeepAlive(kept)
}
