// Package unit has the unit: a piece of Go code ready to ship. A unit is the source of one function with every declaration
// it reaches, lowered so that the interpreted tier runs it faithfully; the values it captures travel beside it.
//
// A function value is tied to its unit when it is made: the front end wraps every function value of a cell that may be
// shipped in a call of Bind, and a view asks Of which unit a function value came from. So a function may be stored,
// passed on and chosen at run time before it is mapped.
package unit

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"unsafe"

	"github.com/gocluster/gocluster/internal/proto"
)

// Unit is the code of one function, ready to ship.
type Unit struct {
	// Name is the function as people know it: "factor", or "func literal at In[3]:2:10".
	Name string
	// Source is one lowered Go file: package main, imports, the declarations the function reaches, one package variable for each
	// captured value, and the function itself under the name Entry.
	Source string
	Entry  string
	// Params and Results are the function's Go types in structural form (session types spelled out), for people and
	// for checks; a trailing error result is left out of Results and noted in Fails.
	Params, Results []string
	Fails           bool
	Variadic        bool
	// Captures are the captured variables, in order.
	Captures []Capture
	// Lines maps Source back to the cells: entry i is the position of Source's line i+1.
	Lines []Position
	// Main is the unit as a Go program that engines can run when it has been compiled; empty, for the reason NoMain, where it cannot be
	// made one.
	Main, NoMain string
	// Native is set where the interpreted tier would not be faithful: it names the construct and the remedy, and an
	// engine refuses to interpret the unit.
	Native string
	// Foreign tells that Main imports packages of other modules. Modules is where they are found: it is of use on the client's machine
	// only, so it does not travel.
	Foreign bool
	Modules *Modules `json:"-"`
	// Self tells that the function is one of the running program, which ships itself: see package self.
	Self bool `json:"-"`
}

// Modules is a workspace of the go command: the directory that it runs in, with what goes into its environment and its command line.
// What it says does not change.
type Modules struct {
	Dir        string
	Env, Flags []string
}

// Capture is a variable that a unit's function uses from around it; it travels by value.
type Capture struct {
	Name string
	// Var is the package variable of Source that receives the value.
	Var  string
	Type string
}

// Position is a place in a cell. File is "In[3]" for cell 3, a file name for programs.
type Position struct {
	File string
	Line int
	Col  int
}

func (p Position) String() string {
	if p.File == "" {
		return "unknown position"
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Encode returns the unit's bytes, whose hash is its name.
func (u *Unit) Encode() []byte {
	b, err := json.Marshal(u)
	if err != nil {
		panic(fmt.Sprintf("unit: a struct of texts cannot fail to encode: %v", err))
	}
	return b
}

// Decode is the inverse of Encode.
func Decode(b []byte) (*Unit, error) {
	var u Unit
	if err := json.Unmarshal(b, &u); err != nil {
		return nil, fmt.Errorf("%w: unit: %v", proto.ErrMalformed, err)
	}
	return &u, nil
}

// Bound is a function value tied to its unit.
type Bound struct {
	Unit *Unit
	// Values returns pointers to the captured variables, in the order of Unit.Captures; nil where there are none.
	Values func() []any
}

var bound sync.Map // address of a function value (uintptr) -> *Bound

// Bind returns a function like f that Of knows. The result stays known as long as it is reachable.
func Bind(u *Unit, f any, values func() []any) any {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		return f
	}
	call := v.Call
	if v.Type().IsVariadic() {
		call = v.CallSlice
	}
	out := reflect.MakeFunc(v.Type(), call)
	p := address(out.Interface())
	bound.Store(uintptr(p), &Bound{Unit: u, Values: values})
	runtime.AddCleanup((*byte)(p), func(key uintptr) { bound.Delete(key) }, uintptr(p))
	return out.Interface()
}

// Tie makes Of know the function value f itself, for as long as it is reachable. A static f is one whose closure is not on the heap: it
// stays known.
func Tie(u *Unit, f any, values func() []any, static bool) {
	p := address(f)
	if p == nil {
		return
	}
	key, bd := uintptr(p), &Bound{Unit: u, Values: values}
	bound.Store(key, bd)
	if !static && onHeap(p) {
		// The address may belong to another function when the cleanup comes.
		runtime.AddCleanup((*byte)(p), func(bd *Bound) { bound.CompareAndDelete(key, bd) }, bd)
	}
}

// onHeap tells the heap from the data of the executable and of plugins, to which no cleanup can be attached: the runtime would end the
// process. The compiler makes closures static where it can, which may be more often than its callers know.
func onHeap(p unsafe.Pointer) bool {
	const region = 36 // bits: the heap begins in a region of its own
	return uintptr(p)>>region == heapRegion()>>region
}

// heapRegion is an address on the heap.
var heapRegion = sync.OnceValue(func() uintptr { return reflect.New(reflect.TypeFor[[1 << 10]byte]()).Pointer() })

// Tied reports whether Of knows the function value f.
func Tied(f any) bool {
	_, ok := bound.Load(uintptr(address(f)))
	return ok
}

var replaced sync.Map // *Unit -> *Unit

// Replace makes what was bound to old be bound to now, which must capture the same variables.
func Replace(old, now *Unit) { replaced.Store(old, now) }

// latest returns what a unit has been replaced by in the end.
func latest(u *Unit) *Unit {
	for {
		now, ok := replaced.Load(u)
		if !ok {
			return u
		}
		u = now.(*Unit)
	}
}

// Of returns what f was bound to.
func Of(f any) (*Bound, bool) {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil, false
	}
	b, ok := bound.Load(uintptr(address(f)))
	if !ok {
		return nil, false
	}
	bd := b.(*Bound)
	if now := latest(bd.Unit); now != bd.Unit {
		return &Bound{Unit: now, Values: bd.Values}, true
	}
	return bd, true
}

// address returns where a function value's closure lies; it identifies the value as long as it lives.
// reflect has no name for it: Value.Pointer gives the code's address, which all made functions share.
func address(f any) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&f))[1]
}
