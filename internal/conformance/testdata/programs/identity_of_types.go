package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"sync"
)

type temp float64

func (t temp) String() string { return fmt.Sprintf("%.1f°", float64(t)) }

type level int

const (
	low level = iota
	high
)

func (l level) String() string { return [...]string{"low", "high"}[l] }

type names []string

func (n names) Len() int           { return len(n) }
func (n names) Less(i, j int) bool { return n[i] > n[j] }
func (n names) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }

type shape interface {
	Area() float64
	Name() string
}

type named struct{ name string }

func (n named) Name() string { return n.name }

type square struct {
	named
	side float64
}

func (s square) Area() float64 { return s.side * s.side }

type circle struct {
	*named
	R float64 `json:"r"`
}

func (c *circle) Area() float64 { return 3 * c.R * c.R }

type wrapped struct {
	shape
	note string
}

type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return fmt.Sprint("failure ", f.code) }
func (f *failure) Unwrap() error { return f.err }

type code int

func (c code) Error() string        { return fmt.Sprint("code ", int(c)) }
func (c code) Is(target error) bool { return target == errOdd && c%2 == 1 }

var errOdd = errors.New("odd")

type pair[K comparable, V any] struct {
	Key K
	Val V
}

func (p pair[K, V]) String() string { return fmt.Sprint(p.Key, "=", p.Val) }

func show[T any](x T) string { return fmt.Sprintf("%T %v", x, x) }

func kind(x any) string {
	switch v := x.(type) {
	case nil:
		return "nil"
	case temp:
		return "temp " + fmt.Sprint(float64(v))
	case level, *level:
		return fmt.Sprintf("level %v", v)
	case float64:
		return "float64"
	case shape:
		return "shape " + v.Name()
	case error:
		return "error " + v.Error()
	case []temp:
		return fmt.Sprint("temps ", len(v))
	case []float64:
		return fmt.Sprint("floats ", len(v))
	case map[string]temp:
		return fmt.Sprint("map ", len(v))
	case func(temp) temp:
		return fmt.Sprint("func ", v(1))
	case pair[string, temp]:
		return "pair " + v.Key
	case chan temp:
		return "chan"
	case struct{ a int }:
		return fmt.Sprint("struct ", v.a)
	case interface{ Len() int }:
		return fmt.Sprint("len ", v.Len())
	}
	return fmt.Sprintf("other %T", x)
}

func main() {
	// shown
	fmt.Println(temp(1), []any{temp(1), high, &named{"n"} != nil}, map[string]any{"t": temp(2), "l": low}, []temp{1, 2}, [2]level{0, 1}, map[level]temp{high: 3})
	fmt.Printf("%v %d %s %x %T %#v %+v\n", high, high, high, high, high, high, high)
	fmt.Printf("%v %+v %#v %T\n", square{named{"s"}, 2}, square{named{"s"}, 2}, square{named{"s"}, 2}, square{})
	fmt.Printf("%T %T %T %T %T\n", &square{}, []shape{}, map[shape]temp{}, func(shape, ...temp) level { return 0 }, struct{ a temp }{})
	fmt.Println(struct {
		t temp
		T temp
		x any
	}{1, 2, temp(3)})
	var np *temp
	fmt.Println(np == nil, any(np) == nil, any(np) != nil)
	fmt.Println(pair[string, temp]{"a", 1}, &pair[level, []temp]{high, []temp{4}}, show(pair[level, int]{}), show(temp(4)), show[any](temp(4)), show[fmt.Stringer](low))

	// kinds
	lv := high
	for _, x := range []any{nil, temp(1), high, &lv, 2.5, square{named{"sq"}, 1}, &circle{&named{"ci"}, 1}, wrapped{square{named{"in"}, 1}, ""}, &failure{code: 7}, code(3), []temp{1}, []float64{1, 2}, map[string]temp{}, func(t temp) temp { return t * 2 }, pair[string, temp]{Key: "k"}, make(chan temp), struct{ a int }{5}, names{"x"}, circle{}, []any{1}} {
		fmt.Println(kind(x))
	}

	// assertions
	var x any = temp(1)
	_, isTemp := x.(temp)
	_, isFloat := x.(float64)
	_, isLevel := x.(level)
	_, isStringer := x.(fmt.Stringer)
	_, isShape := x.(shape)
	fmt.Println(isTemp, isFloat, isLevel, isStringer, isShape)
	func() {
		defer func() { fmt.Println(recover()) }()
		fmt.Println(x.(level))
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		fmt.Println(x.(shape))
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var s shape
		fmt.Println(s.(square))
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var s shape = &circle{&named{"c"}, 1}
		fmt.Println(s.(square))
	}()
	x.(fmt.Stringer).String()

	// comparisons and keys
	fmt.Println(any(temp(1)) == any(1.0), any(temp(1)) == any(temp(1)), x == temp(1), x == any(level(1)), any(square{}) == any(square{}), any(&lv) == any(&lv))
	m := map[any]string{temp(1): "temp", 1.0: "float", level(1): "level", 1: "int", square{side: 1}: "square", [1]temp{1}: "array"}
	fmt.Println(len(m), m[temp(1)], m[1.0], m[high], m[1], m[square{side: 1}], m[[1]temp{1}], m[temp(2)] == "")
	var s1, s2 shape = square{side: 1}, square{side: 1}
	fmt.Println(s1 == s2, s1 != shape(&circle{}), s1 == any(s2))
	switch s1 {
	case s2:
		fmt.Println("same")
	default:
		fmt.Println("different")
	}
	func() {
		defer func() { fmt.Println(recover()) }()
		fmt.Println(any([]temp{1}) == any([]temp{1}))
	}()

	// interfaces
	shapes := []shape{square{named{"a"}, 2}, &circle{&named{"b"}, 1}, wrapped{square{named{"c"}, 3}, "w"}, &wrapped{shape: &circle{&named{"d"}, 2}}}
	total := 0.0
	for _, s := range shapes {
		total += s.Area()
		fmt.Print(s.Name(), " ")
	}
	fmt.Println(total)
	sort.Slice(shapes, func(i, j int) bool { return shapes[i].Area() > shapes[j].Area() })
	area, f := shapes[0].Area, shape.Name
	fmt.Println(area(), f(shapes[1]), shapes[0].(interface{ Area() float64 }).Area())
	var st fmt.Stringer = temp(9)
	y := st.(temp)
	fmt.Println(st, y+1, st == temp(9))
	ns := names{"a", "c", "b"}
	sort.Sort(ns)
	sort.Sort(sort.Reverse(ns))
	fmt.Println(ns, sort.IsSorted(ns))

	// errors
	err := fmt.Errorf("outer: %w", &failure{3, code(5)})
	var fail *failure
	var c code
	fmt.Println(errors.As(err, &fail), fail.code, errors.As(err, &c), int(c), errors.Is(err, errOdd), errors.Is(err, code(5)), errors.Is(err, code(4)))
	fmt.Println(err, errors.Unwrap(errors.Unwrap(err)), errors.Join(err, code(2)))
	var none *failure
	var e error = none
	fmt.Println(e == nil, e != nil, none == nil, e == error(none))

	// encoders and reflection
	b, jerr := json.Marshal(map[string]any{"circle": circle{&named{"x"}, 2}, "temp": temp(3), "l": []level{1}, "p": pair[string, int]{"k", 1}})
	fmt.Println(string(b), jerr)
	var back struct {
		Circle circle
		P      pair[string, int]
	}
	fmt.Println(json.Unmarshal([]byte(`{"circle":{"r":5},"p":{"Key":"q","Val":9}}`), &back), back.Circle.R, back.P)
	t := reflect.TypeOf(square{})
	fmt.Println(t, t.Name(), t.Kind(), t.NumField(), t.Field(0).Name, t.Field(0).Anonymous, t.NumMethod(), t.Method(0).Name, reflect.TypeOf(&circle{}).Elem().Field(1).Tag.Get("json"))
	v := reflect.ValueOf(&back).Elem().Field(0).Field(1)
	v.SetFloat(8)
	fmt.Println(back.Circle.R, reflect.ValueOf(temp(2)).MethodByName("String").Call(nil)[0], reflect.DeepEqual([]any{temp(1)}, []any{temp(1)}), reflect.DeepEqual(any(temp(1)), any(1.0)))

	// compiled containers
	var sm sync.Map
	sm.Store(temp(1), square{side: 4})
	got, ok := sm.Load(temp(1))
	_, no := sm.Load(1.0)
	fmt.Println(got.(square).side, ok, no)
	fmt.Fprintln(os.Stdout, strings.Repeat("-", 3), temp(5))
	defer func() {
		r := recover()
		pc, ok := r.(code)
		fmt.Println(r, int(pc), ok)
	}()
	panic(code(11))
}
