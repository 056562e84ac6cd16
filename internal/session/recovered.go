package session

import "github.com/gocluster/gocluster/internal/interp"

// Recovered gives interpreted code what compiled code would have recovered.
func (p *process) Recovered(r any) any { return interp.Recovered(r) }
