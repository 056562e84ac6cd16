package interp

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// guts reaches into the interpreter for what it does not offer. Its own way to stop code raises a run id and never lowers it
// again, so that every function made before the stop returns zero values without running from then on; and only evaluations under a
// context can be stopped in channel operations. We raise and lower the id ourselves, and own the channel.
type guts struct {
	id         *uint64
	done       *chan struct{}
	cancelChan *bool
}

func gutsOf(y *interp.Interpreter) (guts, error) {
	base := unsafe.Pointer(y)
	var g guts
	for _, f := range []struct {
		name string
		typ  reflect.Type
		set  func(p unsafe.Pointer)
	}{
		{"id", reflect.TypeFor[uint64](), func(p unsafe.Pointer) { g.id = (*uint64)(p) }},
		{"done", reflect.TypeFor[chan struct{}](), func(p unsafe.Pointer) { g.done = (*chan struct{})(p) }},
		{"cancelChan", reflect.TypeFor[bool](), func(p unsafe.Pointer) { g.cancelChan = (*bool)(p) }},
	} {
		sf, ok := reflect.TypeFor[interp.Interpreter]().FieldByName(f.name)
		if !ok || sf.Type != f.typ {
			return guts{}, fmt.Errorf("the interpreter's version is not the one this was written for: it has no field %s %v", f.name, f.typ)
		}
		f.set(unsafe.Add(base, sf.Offset))
	}
	return g, nil
}

// cancellable makes the channel operations of code compiled from now on give up when done is closed.
func (g guts) cancellable() { *g.cancelChan = true }

func (g guts) bump(by int) { atomic.AddUint64(g.id, uint64(by)) }

func (g guts) setDone(c chan struct{}) { *g.done = c }
