package session

// Stopped is closed when interpreted code is to end.
func (p *process) Stopped() <-chan struct{} {
	p.running.Lock()
	i := p.running.interp
	p.running.Unlock()
	if i == nil {
		i = p.cells
	}
	if i == nil {
		return nil
	}
	return i.Stopped()
}
