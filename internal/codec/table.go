package codec

import (
	"reflect"
	"sync"
)

// table keeps what is made once per type: encoders or decoders.
type table[F any] struct{ made sync.Map }

// of returns what make gives for a type. A recursive type meets itself while it is being made: it then gets a function of later's, which
// asks for the finished one when it is called.
func (t *table[F]) of(typ reflect.Type, make func(reflect.Type) F, later func(finished func() F) F) F {
	if f, ok := t.made.Load(typ); ok {
		return f.(F)
	}
	var ready sync.WaitGroup
	var f F
	ready.Add(1)
	waiting := later(func() F { ready.Wait(); return f })
	if other, loaded := t.made.LoadOrStore(typ, waiting); loaded {
		return other.(F)
	}
	f = make(typ)
	ready.Done()
	t.made.Store(typ, f)
	return f
}
