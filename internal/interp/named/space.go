package named

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// Space holds the types that one interpreter's code declares.
type Space struct {
	pkg string

	mu       sync.RWMutex
	decls    map[string]*decl
	order    []*decl // as they were declared
	compiled map[string]reflect.Type
	types    map[string]reflect.Type // by text
	texts    map[reflect.Type]string // all that ever were among types
	owners   map[reflect.Type]*decl  // of named types and of pointers to them
	inside   map[string]reflect.Type // parts without names, by text
	agreed   sync.Map                // agreement -> bool
	answers  sync.Map                // question -> string
}

// decl is a declared type.
type decl struct {
	low, name  string
	path       string // of the package
	like       reflect.Type
	underlying string
	methods    map[string]*declMethod
	typ        reflect.Type
}

type declMethod struct {
	name    string
	pointer bool
	sig     string
	typ     reflect.Type // without receiver, as compiled code sees it
	fn      reflect.Value
}

// NewSpace returns a space without types.
func NewSpace() *Space {
	return &Space{
		pkg: "main", decls: map[string]*decl{}, compiled: map[string]reflect.Type{}, types: map[string]reflect.Type{}, texts: map[reflect.Type]string{},
		owners: map[reflect.Type]*decl{}, inside: map[string]reflect.Type{},
	}
}

// Symbols are the functions that lowered code calls.
func (s *Space) Symbols() map[string]reflect.Value {
	return map[string]reflect.Value{
		"Declare": reflect.ValueOf(s.Declare), "Method": reflect.ValueOf(s.Method), "Compiled": reflect.ValueOf(s.Compiled),
		"Box": reflect.ValueOf(s.Box), "Into": reflect.ValueOf(s.Into), "Must": reflect.ValueOf(s.Must), "Bound": reflect.ValueOf(s.Bound),
		"Equal": reflect.ValueOf(Equal), "Any": reflect.ValueOf(Any),
	}
}

// Path is where lowered code imports the functions from.
const Path = "github.com/gocluster/gocluster/internal/interp/named"

// Declare makes a type known: the name by which lowered code calls it, what it is called, a pointer to how interpreted code holds it
// (nil for an interface), and what it is. What it is called is as package reflect writes it; the path of its package, if that is not main, stands
// before that with a semicolon between.
func (s *Space) Declare(low, name string, like any, underlying string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &decl{low: low, name: name, path: s.pkg, underlying: underlying, methods: map[string]*declMethod{}}
	if path, short, ok := strings.Cut(name, ";"); ok {
		d.path, d.name = path, short
	}
	if like != nil {
		d.like = reflect.TypeOf(like).Elem()
	}
	s.decls[low] = d
	s.order = append(slices.DeleteFunc(s.order, func(o *decl) bool { return o.low == low }), d)
	return true
}

// Find returns the types that are called by a name, the one that was declared last first. The name is that of Declare.
func (s *Space) Find(name string) []reflect.Type {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []reflect.Type
	for _, d := range slices.Backward(s.order) {
		if full := d.path + ";" + d.name; full == name || d.path == s.pkg && s.pkg+d.name[strings.IndexByte(d.name, '.'):] == name {
			if t := s.attempt(d.low); t != nil {
				found = append(found, t)
			}
		}
	}
	return found
}

// attempt is declared where types may not be made.
func (s *Space) attempt(low string) (t reflect.Type) {
	defer func() {
		if recover() != nil {
			t = nil
		}
	}()
	return s.declared(low)
}

// Compiled makes a type of compiled code known; like is a pointer to it.
func (s *Space) Compiled(name string, like any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compiled[name] = reflect.TypeOf(like).Elem()
	return true
}

// Method gives a declared type a method, or another function for one that it has. fn's first parameter is the receiver.
func (s *Space) Method(low, name string, pointer bool, sig string, fn any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.decls[low]
	if d == nil {
		panic("no type " + low)
	}
	if m := d.methods[name]; m != nil && m.sig == sig && m.pointer == pointer {
		m.fn = reflect.ValueOf(fn)
		return true
	}
	d.methods[name] = &declMethod{name: name, pointer: pointer, sig: sig, fn: reflect.ValueOf(fn)}
	if d.typ != nil {
		s.outdate(low)
	}
	return true
}

// outdate forgets the type, and those made of it, for one with another set of methods: values that there are keep the old one.
func (s *Space) outdate(low string) {
	stale := map[string]bool{low: true}
	for again := true; again; {
		again = false
		for _, d := range s.decls {
			if !stale[d.low] && mentions(d.underlying, stale) {
				stale[d.low], again = true, true
			}
		}
	}
	for l := range stale {
		s.decls[l].typ = nil
	}
	for _, m := range []map[string]reflect.Type{s.types, s.inside} {
		for text := range m {
			if mentions(text, stale) {
				delete(m, text)
			}
		}
	}
	s.answers.Clear()
}

func mentions(text string, lows map[string]bool) bool {
	for l := range lows {
		if strings.Contains(text, "@"+l+";") {
			return true
		}
	}
	return false
}

// typ returns the type that a text stands for.
func (s *Space) typ(text string) reflect.Type {
	s.mu.RLock()
	t := s.types[text]
	s.mu.RUnlock()
	if t != nil {
		return t
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(text)
}

func (s *Space) find(text string) reflect.Type {
	if t := s.types[text]; t != nil {
		return t
	}
	p := &parser{s: s, text: text}
	t := p.typ()
	if p.at != len(text) {
		p.fail()
	}
	s.types[text], s.texts[t] = t, text
	return t
}

func (s *Space) once(text string, make func() reflect.Type) reflect.Type {
	if t := s.inside[text]; t != nil {
		return t
	}
	t := make()
	s.inside[text] = t
	return t
}

// declared returns the type that was declared under a name. While it is being made, others can refer to it.
func (s *Space) declared(low string) reflect.Type {
	d := s.decls[low]
	if d == nil {
		panic("no type " + low)
	}
	if d.typ != nil {
		return d.typ
	}
	if err := checked(); err != nil {
		panic(err)
	}
	if d.like == nil {
		d.typ = interfaceOf(d.path, d.name, true)
		return d.typ
	}
	var exportedOnes, onValues []*declMethod
	for _, m := range d.methods {
		if exported(m.name) {
			exportedOnes = append(exportedOnes, m)
			if !m.pointer {
				onValues = append(onValues, m)
			}
		}
	}
	slices.SortFunc(exportedOnes, func(a, b *declMethod) int { return strings.Compare(a.name, b.name) })
	u := begin(d.path, d.name, d.like, len(onValues), len(exportedOnes))
	d.typ = u.typ
	s.owners[u.typ], s.owners[reflect.PointerTo(u.typ)] = d, d
	s.texts[u.typ] = "@" + low + ";"
	if strings.HasPrefix(d.underlying, "struct{") {
		u.finish((&parser{s: s, text: d.underlying}).typ())
	} else {
		u.finish(s.find(d.underlying))
	}
	var ms []Method
	for _, m := range exportedOnes {
		m.typ = s.find(m.sig)
		ms = append(ms, Method{Name: m.name, Type: m.typ, Pointer: m.pointer, Call: func(self reflect.Value, args []reflect.Value) []reflect.Value {
			return s.call(d, m, self, args)
		}})
	}
	if err := u.give(ms); err != nil {
		panic(err)
	}
	return d.typ
}

// call runs a method of interpreted code for compiled code.
func (s *Space) call(d *decl, m *declMethod, self reflect.Value, args []reflect.Value) []reflect.Value {
	fn := m.fn
	t := fn.Type()
	in := []reflect.Value{receiver(d, m, self, t.In(0))}
	for i, a := range args {
		in = append(in, retag(a, t.In(i+1)))
	}
	var out []reflect.Value
	if t.IsVariadic() {
		out = fn.CallSlice(in)
	} else {
		out = fn.Call(in)
	}
	for i := range out {
		out[i] = retag(out[i], m.typ.Out(i))
	}
	return out
}

// receiver is what a method is called with when it is found in self.
func receiver(d *decl, m *declMethod, self reflect.Value, want reflect.Type) reflect.Value {
	if !m.pointer && self.Kind() == reflect.Pointer && self.Type() != d.typ && self.Type().Name() == "" {
		if self.IsNil() {
			panic(fault(fmt.Sprintf("value method %s.%s called using nil *%s pointer", d.name, m.name, d.name[strings.LastIndexByte(d.name, '.')+1:])))
		}
		self = self.Elem()
	}
	return retag(self, want)
}

// retag makes a value one of another type that is laid out in the same way.
func retag(v reflect.Value, t reflect.Type) reflect.Value {
	if v.Type() == t {
		return v
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return reflect.NewAt(t, p.UnsafePointer()).Elem()
}

// fault is a run-time error.
type fault string

func (f fault) Error() string { return string(f) }

// RuntimeError makes it a runtime.Error.
func (f fault) RuntimeError() {}

var _ runtime.Error = fault("")

// Any returns its argument.
func Any(x any) any { return x }

// Equal is a == b.
func Equal(a, b any) bool { return a == b }

// Box gives a value of interpreted code its type, for where it becomes an interface value.
func (s *Space) Box(text string, v any) any {
	t := s.typ(text)
	if v == nil {
		return reflect.Zero(t).Interface()
	}
	from := reflect.TypeOf(v)
	if from == t {
		return v
	}
	s.agree(text, from, t)
	(*eface)(unsafe.Pointer(&v)).typ = pointer(t)
	return v
}

type agreement struct{ a, b reflect.Type }

// agree panics if two types are not laid out in the same way: the interpreter has mixed something up.
func (s *Space) agree(text string, a, b reflect.Type) {
	if _, ok := s.agreed.Load(agreement{a, b}); ok {
		return
	}
	if !alike(a, b, 0) {
		panic(fmt.Sprintf("the interpreter does not hold values of type %v faithfully: use the native tier (%%tier native)", b))
	}
	s.agreed.Store(agreement{a, b}, true)
}

func alike(a, b reflect.Type, depth int) bool {
	if a == b || depth > 10 {
		return true
	}
	if a.Kind() != b.Kind() || a.Size() != b.Size() {
		return false
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if i >= b.NumField() || a.Field(i).Offset != b.Field(i).Offset || !alike(a.Field(i).Type, b.Field(i).Type, depth+1) {
				return false
			}
		}
		return a.NumField() == b.NumField()
	case reflect.Map:
		return a.Key().Size() == b.Key().Size() && a.Elem().Size() == b.Elem().Size()
	case reflect.Array, reflect.Slice, reflect.Chan:
		return a.Elem().Size() == b.Elem().Size()
	case reflect.Func:
		if a.NumIn() != b.NumIn() || a.NumOut() != b.NumOut() {
			return false
		}
		for i := range a.NumIn() {
			if a.In(i).Size() != b.In(i).Size() {
				return false
			}
		}
		for i := range a.NumOut() {
			if a.Out(i).Size() != b.Out(i).Size() {
				return false
			}
		}
	}
	return true
}

// Into asserts that x is of a type and puts it where p points. It reports whether x is.
func (s *Space) Into(text string, x, p any) bool { return s.into(text, x, p) == "" }

// Must is Into for where it has to hold; from is the type of the interface.
func (s *Space) Must(text string, x, p any, from string) {
	if why := s.into(text, x, p); why != "" {
		if x == nil {
			t := s.typ(text)
			if t.Kind() == reflect.Interface {
				from = "interface"
			}
			panic(fault(fmt.Sprintf("interface conversion: %s is nil, not %v", from, t)))
		}
		panic(fault("interface conversion: " + strings.Replace(why, "interface {}", from, 1)))
	}
}

// into says why x is not of the type.
func (s *Space) into(text string, x, p any) string {
	if x == nil {
		return "nil"
	}
	t, r := s.typ(text), reflect.TypeOf(x)
	if t.Kind() == reflect.Interface {
		if why := s.implements(r, t, text); why != "" {
			return fmt.Sprintf("%v is not %v: missing method %s", r, t, why)
		}
		reflect.ValueOf(p).Elem().Set(reflect.ValueOf(x))
		return ""
	}
	if r != t && !s.older(r, text) {
		says := ""
		if r.String() == t.String() {
			says = " (types from different scopes)"
		}
		return fmt.Sprintf("interface {} is %v, not %v%s", r, t, says)
	}
	s.agree(text, reflect.TypeOf(p).Elem(), t)
	reflect.NewAt(r, reflect.ValueOf(p).UnsafePointer()).Elem().Set(reflect.ValueOf(x))
	return ""
}

// older tells a type that the text stood for before it got more methods.
func (s *Space) older(r reflect.Type, text string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.texts[r] == text
}

type question struct{ a, b reflect.Type }

// implements returns the first method of the interface t that r does not have.
func (s *Space) implements(r, t reflect.Type, text string) string {
	if t.NumMethod() > 0 {
		if r.Implements(t) {
			return ""
		}
		for i := range t.NumMethod() {
			m, ok := r.MethodByName(t.Method(i).Name)
			if !ok || !same(m.Type, t.Method(i).Type) {
				return t.Method(i).Name
			}
		}
		return t.Method(0).Name
	}
	if a, ok := s.answers.Load(question{r, t}); ok {
		return a.(string)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.missing(r, text)
	s.answers.Store(question{r, t}, a)
	return a
}

func same(m, want reflect.Type) bool {
	if m.NumIn() != want.NumIn()+1 || m.NumOut() != want.NumOut() {
		return false
	}
	for i := range want.NumIn() {
		if m.In(i+1) != want.In(i) {
			return false
		}
	}
	for i := range want.NumOut() {
		if m.Out(i) != want.Out(i) {
			return false
		}
	}
	return m.IsVariadic() == want.IsVariadic()
}

func (s *Space) missing(r reflect.Type, text string) string {
	for strings.HasPrefix(text, "@") {
		text = s.decls[strings.TrimSuffix(text[1:], ";")].underlying
	}
	if strings.HasPrefix(text, "$") {
		return ""
	}
	d := s.owners[r]
	for _, w := range (&parser{s: s, text: text}).wanted() {
		if d != nil {
			m := d.methods[w.name]
			if m == nil || m.pointer && r.Kind() != reflect.Pointer || m.pointer && r == d.typ || s.find(m.sig) != w.typ {
				return w.name
			}
			continue
		}
		m, ok := r.MethodByName(w.name)
		if !ok || !same(m.Type, w.typ) {
			return w.name
		}
	}
	return ""
}

// Bound returns the method of the value in an interface, bound to the value.
func (s *Space) Bound(x any, name string) any {
	v := reflect.ValueOf(x)
	if !v.IsValid() {
		var p *int
		_ = *p
	}
	s.mu.RLock()
	d := s.owners[v.Type()]
	s.mu.RUnlock()
	if d == nil {
		return v.MethodByName(name).Interface()
	}
	m := d.methods[name]
	fn := m.fn
	t := fn.Type()
	self := receiver(d, m, v, t.In(0))
	return reflect.MakeFunc(unbound(t), func(args []reflect.Value) []reflect.Value {
		in := append([]reflect.Value{self}, args...)
		if t.IsVariadic() {
			return fn.CallSlice(in)
		}
		return fn.Call(in)
	}).Interface()
}

var withoutReceiver sync.Map

// unbound is a function type without its first parameter.
func unbound(t reflect.Type) reflect.Type {
	if u, ok := withoutReceiver.Load(t); ok {
		return u.(reflect.Type)
	}
	var in, out []reflect.Type
	for i := 1; i < t.NumIn(); i++ {
		in = append(in, t.In(i))
	}
	for i := range t.NumOut() {
		out = append(out, t.Out(i))
	}
	u := reflect.FuncOf(in, out, t.IsVariadic())
	withoutReceiver.Store(t, u)
	return u
}
