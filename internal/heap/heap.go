// Package heap lets a process collect its garbage seldom while it is small, without becoming large for that.
//
// A process that passes messages on has a small heap full of short-lived bytes, and gains much from a generous GOGC; but that is a factor,
// and with large values passing through, several times their size would be garbage. So the factor is chosen after each collection, such
// that the heap may grow by a number of bytes before the next.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The bounds of the factor, in percent of what is in use.
const (
	least = 50
	most  = 400
)

// Pace lets the heap grow by about room bytes between two collections, within bounds, for the life of the process. GOGC, where the user
// has set it, wins.
func Pace(room int) {
	if os.Getenv("GOGC") != "" {
		return
	}
	p := &pacer{room: uint64(room), percent: most}
	debug.SetGCPercent(most)
	p.again()
}

// pacer is called after each collection: its mark is garbage then.
type pacer struct {
	room    uint64
	percent int
}

// mark is too large to share its memory with other small objects, which could keep it.
type mark struct{ _ [64]byte }

func (p *pacer) again() { runtime.AddCleanup(&mark{}, (*pacer).collected, p) }

func (p *pacer) collected() {
	// Each change stops the process for some microseconds, so small ones are left out.
	if want := percentFor(live(), p.room); want > p.percent+p.percent/8 || want < p.percent-p.percent/8 {
		p.percent = want
		debug.SetGCPercent(want)
	}
	p.again()
}

// percentFor is the factor with which a heap with live bytes in use grows by room.
func percentFor(live, room uint64) int {
	if live == 0 {
		return most
	}
	return int(max(least, min(most, room*100/live)))
}

// live is what the last collection has found in use.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}
