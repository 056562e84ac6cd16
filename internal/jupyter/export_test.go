package jupyter

import "time"

// SetCourtesy makes a test short.
func (s *Sockets) SetCourtesy(d time.Duration) { s.courtesy = d }
