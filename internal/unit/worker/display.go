package worker

import (
	"errors"
	"os"
	"sync"

	"github.com/gocluster/gocluster/internal/proto"
)

// serving is the process's server.
var serving *server

// displays is what is being shown: one thing at a time.
var displays struct {
	sync.Mutex
	taken chan struct{}
}

// errNoTask says that nothing can be shown between tasks: nobody has asked for it.
var errNoTask = errors.New("nothing is shown between tasks")

// Display has the host show something for the task under way: text is for who only prints it, shown is JSON. It waits until the host has taken
// what was printed before, so that all stays in order.
func Display(text string, shown []byte) error {
	displays.Lock()
	defer displays.Unlock()
	s := serving
	if s == nil {
		return errNoTask
	}
	s.mu.Lock()
	if s.at == nil {
		s.mu.Unlock()
		return errNoTask
	}
	taken := make(chan struct{})
	displays.taken = taken
	s.flush()
	m := &proto.TaskOutput{Task: s.at.t.ID, Attempt: s.at.t.Attempt, Text: text, Shown: shown}
	if Send(s.out, m) != nil {
		os.Exit(0) // the host is gone
	}
	read := !s.reading
	s.reading = true
	s.mu.Unlock()
	if read {
		go s.turn(false) // as watch would after a while
	}
	<-taken
	return nil
}

// shown notes that the host has taken what was shown. The caller holds the server's mu.
func shown() {
	if displays.taken != nil {
		close(displays.taken)
		displays.taken = nil
	}
}
