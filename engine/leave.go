package engine

import "time"

// leaveStep is how often a host that is to leave looks which of its engines can. What an engine has said last is with the controller by then:
// the message that it has ended takes another way.
const leaveStep = 200 * time.Millisecond

// leaving is what a host knows that begins no more tasks.
type leaving struct {
	why   string // empty: it does not leave
	timer *time.Timer
	idle  map[*slot]bool // had nothing to do when it was last looked
}

// startLeaving has the host begin no more tasks, and its engines go one by one when they have done what they are at.
func (h *host) startLeaving(why string) {
	h.leaving.why, h.leaving.idle = why, map[*slot]bool{}
	h.cfg.Log.Info("leaving", "reason", why)
	h.leaveOn()
}

// leaveOn lets engines go that have been idle for a while, and the host when none is left.
func (h *host) leaveOn() {
	if h.leaving.why == "" {
		return
	}
	sent := h.out.idle()
	for _, s := range append([]*slot(nil), h.slots...) {
		switch {
		case s.at() != nil || !sent:
			h.leaving.idle[s] = false
		case h.leaving.idle[s]:
			h.removeEngine(s, h.leaving.why)
		default:
			h.leaving.idle[s] = true
		}
	}
	if len(h.slots) == 0 && sent {
		h.end(nil)
		return
	}
	h.leaving.timer.Reset(leaveStep)
}

// idle reports whether everything has been sent.
func (b *outbox) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) == 0 && !b.pumping
}
