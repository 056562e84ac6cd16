package host

import (
	"reflect"
	"runtime"
)

// Comm is a communication of an interpreted select statement. The interpreter's own has one list of communications for all goroutines
// that are in the same statement.
type Comm struct {
	c    reflect.SelectCase
	into reflect.Value
	ok   *bool
}

// Sending sends *value, Receiving receives into *into and says in *ok whether the channel was open.
func Sending(ch, value any) Comm {
	return Comm{c: reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(ch), Send: reflect.ValueOf(value).Elem()}}
}

// Receiving is described at Sending.
func Receiving(ch, into any, ok *bool) Comm {
	return Comm{c: reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch)}, into: reflect.ValueOf(into).Elem(), ok: ok}
}

// Dropping receives a value that nobody wants.
func Dropping(ch any) Comm {
	return Comm{c: reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch)}}
}

// Stopper is what a Runtime does for interpreted code besides: what it returns is closed when the code is to end.
type Stopper interface{ Stopped() <-chan struct{} }

// Select makes the first communication that can be made and returns its number; -1 if none can be made at once, and the statement has
// a default. An interrupt ends the waiting, and the goroutine.
func Select(defaults bool, comms ...Comm) int {
	cases := make([]reflect.SelectCase, 0, len(comms)+1)
	for _, c := range comms {
		cases = append(cases, c.c)
	}
	s, stops := Current().(Stopper)
	switch {
	case defaults:
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectDefault})
	case stops:
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(s.Stopped())})
	}
	n, v, ok := reflect.Select(cases)
	switch {
	case n < len(comms):
		if c := comms[n]; c.ok != nil {
			c.into.Set(v)
			*c.ok = ok
		}
		return n
	case !defaults:
		runtime.Goexit()
	}
	return -1
}
