package host

// Recovered is what compiled code would have recovered where interpreted code has r. It is called by the function that recovers.
func Recovered(r any) any {
	if p, ok := Current().(interface{ Recovered(r any) any }); ok && r != nil {
		return p.Recovered(r)
	}
	return r
}
