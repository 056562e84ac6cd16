package light

// This file is also a part of the reference program, where it is in package main: it may import the standard library only.

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"sort"
	"strings"
)

// Out is what the cells print.
var Out bytes.Buffer

type Point struct {
	X, Y int
	name string
}

func (p Point) Sum() int         { return p.X + p.Y }
func (p *Point) Move(dx, dy int) { p.X += dx; p.Y += dy }
func (p *Point) Self() *Point    { return p }
func (p Point) Plus(qs ...Point) (s Point) {
	s = p
	for _, q := range qs {
		s.X += q.X
		s.Y += q.Y
	}
	return s
}

type Base struct {
	ID   int
	note string
}

func (b Base) Ident() string { return fmt.Sprint("base ", b.ID) }
func (b *Base) SetID(n int)  { b.ID = n }
func (b *Base) Nil() bool    { return b == nil }

type inner struct {
	Depth int
	deep  string
}

func (i inner) GetDepth() int { return i.Depth }

type Outer struct {
	Base
	*Point
	inner
	Shape
	Tags []string
	Map  map[string]int
	Any  any
}

type Shape interface{ Area() float64 }

type Square float64

func (s Square) Area() float64 { return float64(s) * float64(s) }

type Disk struct{ R float64 }

func (d *Disk) Area() float64 { return 3 * d.R * d.R }

type Color uint8

func (c Color) String() string { return [...]string{"red", "green", "blue"}[c] }

type (
	MyInt    int
	MyString string
	MyBool   bool
	MyFloat  float32
	Ints     []int
	Dict     map[string]int
	Fn       func(int) int
	Grid     [2][3]int
	Link     struct {
		Val  int
		Next *Link
	}
	Pair struct{ A, B any }
	Bits struct{ A, B float64 }
)

func (d Dict) Get(k string) int { return d[k] }
func (m MyInt) Twice() MyInt    { return m * 2 }
func (m *MyInt) Inc()           { *m++ }
func (f Fn) Apply(n int) int    { return f(n) }
func (xs Ints) Len() int        { return len(xs) }

type Fault struct{ Code int }

func (e *Fault) Error() string { return fmt.Sprint("fault ", e.Code) }

var (
	I     int
	J     int
	Zero  int
	I8    int8
	I16   int16
	I32   int32
	I64   int64
	U     uint
	U8    uint8
	U16   uint16
	U32   uint32
	U64   uint64
	Up    uintptr
	M1    int64
	Z8    int8
	N8    int8
	F     float64
	G     float64
	F32   float32
	Inf   float64
	NaN   float64
	NegZ  float64
	Big   float64
	C     complex128
	C64   complex64
	B     bool
	No    bool
	S     string
	T     string
	E     string
	R     rune
	Xs    []int
	Nils  []int
	Ys    []int
	Ss    []string
	Bs    []byte
	Rs    []rune
	Arr   [3]int
	Mat   [][]float64
	M     map[string]int
	NilM  map[string]int
	MA    map[any]int
	MP    map[string]*Point
	MS    map[string][]int
	MF    map[float64]string
	P     Point
	PP    *Point
	NilP  *Point
	PI    *int
	PArr  *[3]int
	NilA  *[3]int
	O     Outer
	NilO  *Outer
	Pts   []Point
	PPts  []*Point
	A     any
	AS    any
	AP    any
	APP   any
	AX    any
	AN    any
	AE    any
	Sh    Shape
	NilS  Shape
	Err   error
	NilE  error
	Col   Color
	MI    MyInt
	MStr  MyString
	MB    MyBool
	MFl   MyFloat
	Is    Ints
	Di    Dict
	Func  func(n int) int
	NilF  func(int) int
	FnV   Fn
	Vari  func(pre string, xs ...any) string
	Gr    Grid
	Lst   *Link
	Pr    Pair
	PrBad Pair
	Ch    chan int
	Anon  struct {
		X int
		Y string
	}
	AnonM map[struct {
		A int
		B int
	}]string
)

// reset gives the variables the values that every cell finds.
func reset() {
	I = 7
	J = -3
	Zero = 0
	I8 = int8(-128)
	I16 = int16(32767)
	I32 = int32(-2147483648)
	I64 = int64(-9223372036854775808)
	U = uint(12)
	U8 = uint8(250)
	U16 = uint16(65535)
	U32 = uint32(4000000000)
	U64 = uint64(18446744073709551615)
	Up = uintptr(99)
	M1 = int64(-1)
	Z8 = int8(0)
	N8 = int8(-1)
	F = 1.5
	G = -0.1
	F32 = float32(16777217.5)
	Inf = math.Inf(1)
	NaN = math.NaN()
	NegZ = math.Copysign(0, -1)
	Big = 1e300
	C = complex(1, -2)
	C64 = complex64(complex(3, 4))
	B = true
	No = false
	S = "héllo"
	T = "a\xffb"
	E = ""
	R = 'é'
	Xs = []int{1, 2, 3}
	Nils = *new([]int)
	Ys = make([]int, 2, 10)
	Ss = []string{"x", "y"}
	Bs = []byte("bytes")
	Rs = []rune("rünes")
	Arr = [3]int{4, 5, 6}
	Mat = [][]float64{{1, 2}, {3}}
	M = map[string]int{"a": 1, "b": 2}
	NilM = *new(map[string]int)
	MA = map[any]int{1: 1, "x": 2, Point{1, 2, "n"}: 3}
	MP = map[string]*Point{"p": {1, 2, "mp"}}
	MS = map[string][]int{"s": {1}}
	MF = map[float64]string{1.5: "f"}
	P = Point{1, 2, "pt"}
	PP = &Point{3, 4, "ptr"}
	NilP = *new(*Point)
	PI = new(int)
	PArr = &[3]int{7, 8, 9}
	NilA = *new(*[3]int)
	O = Outer{Base: Base{5, "note"}, Point: &Point{8, 9, "in"}, inner: inner{2, "deep"}, Shape: Square(3), Any: 4}
	NilO = *new(*Outer)
	Pts = []Point{{1, 1, "a"}, {2, 2, "b"}}
	PPts = []*Point{{1, 1, "a"}, nil}
	A = 42
	AS = "text"
	AP = Point{1, 2, "ap"}
	APP = &Point{5, 6, "app"}
	AX = []int{1}
	AN = *new(any)
	AE = &Fault{3}
	Sh = Square(2)
	NilS = *new(Shape)
	Err = &Fault{7}
	NilE = *new(error)
	Col = Color(1)
	MI = MyInt(21)
	MStr = MyString("mine")
	MB = MyBool(true)
	MFl = MyFloat(0.1)
	Is = Ints{9, 8}
	Di = Dict{"k": 5}
	Func = func(n int) int { return n * n }
	NilF = *new(func(int) int)
	FnV = Fn(func(n int) int { return n + 100 })
	Vari = func(pre string, xs ...any) string { return fmt.Sprint(pre, len(xs), xs == nil, xs) }
	Gr = Grid{{1, 2, 3}, {4, 5, 6}}
	Lst = &Link{1, &Link{2, nil}}
	Pr = Pair{1, "b"}
	PrBad = Pair{[]int{1}, 2}
	Ch = make(chan int, 3)
	Anon = struct {
		X int
		Y string
	}{1, "anon"}
	AnonM = map[struct{ A, B int }]string{{1, 2}: "ab"}
}

// Say notes that it was called, and with what.
func Say(n int) int                        { fmt.Fprintf(&Out, "Say(%d)", n); return n }
func SayS(s string) string                 { fmt.Fprintf(&Out, "SayS(%q)", s); return s + "!" }
func Two(n int) (int, string)              { fmt.Fprintf(&Out, "Two(%d)", n); return n, fmt.Sprint("two", n) }
func Three() (a int, b error, c any)       { return 3, nil, "c" }
func Add(a, b int) int                     { return a + b }
func AddS(a int, s string) string          { return fmt.Sprint(a, s) }
func Join(sep string, xs ...string) string { return strings.Join(xs, sep) + fmt.Sprint(xs == nil) }
func Fail(n int) error {
	if n == 0 {
		return nil
	}
	return &Fault{n}
}
func Try(n int) (int, error)     { return n, Fail(n - 1) }
func Boom(s string) int          { panic(errors.New(s)) }
func Ptr(p *Point) *Point        { return p }
func Change() int                { I = 1000; return 1 }
func MakeFn(k int) func(int) int { return func(n int) int { return n + k } }
func None()                      { fmt.Fprint(&Out, "None") }
func Iface(s Shape) string       { return fmt.Sprintf("%T", s) }
func Any(a any) string           { return fmt.Sprintf("%T", a) }
func Area(s Shape) float64       { return s.Area() }
func Pts2() []Point              { return []Point{{1, 2, "x"}, {3, 4, "y"}} }

// globals are the variables that stand for a session's, functions and typeNames its functions and types.
var globals = map[string]any{
	"I":     &I,
	"J":     &J,
	"Zero":  &Zero,
	"I8":    &I8,
	"I16":   &I16,
	"I32":   &I32,
	"I64":   &I64,
	"U":     &U,
	"U8":    &U8,
	"U16":   &U16,
	"U32":   &U32,
	"U64":   &U64,
	"Up":    &Up,
	"M1":    &M1,
	"Z8":    &Z8,
	"N8":    &N8,
	"F":     &F,
	"G":     &G,
	"F32":   &F32,
	"Inf":   &Inf,
	"NaN":   &NaN,
	"NegZ":  &NegZ,
	"Big":   &Big,
	"C":     &C,
	"C64":   &C64,
	"B":     &B,
	"No":    &No,
	"S":     &S,
	"T":     &T,
	"E":     &E,
	"R":     &R,
	"Xs":    &Xs,
	"Nils":  &Nils,
	"Ys":    &Ys,
	"Ss":    &Ss,
	"Bs":    &Bs,
	"Rs":    &Rs,
	"Arr":   &Arr,
	"Mat":   &Mat,
	"M":     &M,
	"NilM":  &NilM,
	"MA":    &MA,
	"MP":    &MP,
	"MS":    &MS,
	"MF":    &MF,
	"P":     &P,
	"PP":    &PP,
	"NilP":  &NilP,
	"PI":    &PI,
	"PArr":  &PArr,
	"NilA":  &NilA,
	"O":     &O,
	"NilO":  &NilO,
	"Pts":   &Pts,
	"PPts":  &PPts,
	"A":     &A,
	"AS":    &AS,
	"AP":    &AP,
	"APP":   &APP,
	"AX":    &AX,
	"AN":    &AN,
	"AE":    &AE,
	"Sh":    &Sh,
	"NilS":  &NilS,
	"Err":   &Err,
	"NilE":  &NilE,
	"Col":   &Col,
	"MI":    &MI,
	"MStr":  &MStr,
	"MB":    &MB,
	"MFl":   &MFl,
	"Is":    &Is,
	"Di":    &Di,
	"Func":  &Func,
	"NilF":  &NilF,
	"FnV":   &FnV,
	"Vari":  &Vari,
	"Gr":    &Gr,
	"Lst":   &Lst,
	"Pr":    &Pr,
	"PrBad": &PrBad,
	"Ch":    &Ch,
	"Anon":  &Anon,
	"AnonM": &AnonM,
}

var functions = map[string]any{
	"Say":          Say,
	"SayS":         SayS,
	"Two":          Two,
	"Three":        Three,
	"Add":          Add,
	"AddS":         AddS,
	"Join":         Join,
	"Fail":         Fail,
	"Try":          Try,
	"Boom":         Boom,
	"Ptr":          Ptr,
	"Change":       Change,
	"MakeFn":       MakeFn,
	"None":         None,
	"Iface":        Iface,
	"Any":          Any,
	"Area":         Area,
	"Upset":        Upset,
	"Point.self":   Point.self,
	"*Point.shift": (*Point).shift,
	"C64x":         C64x,
	"Xs2runes":     Xs2runes,
	"Ptr2":         Ptr2,
	"Pts2":         Pts2,
}

var typeNames = map[string]any{
	"Point":    (*Point)(nil),
	"Base":     (*Base)(nil),
	"Outer":    (*Outer)(nil),
	"Shape":    (*Shape)(nil),
	"Square":   (*Square)(nil),
	"Disk":     (*Disk)(nil),
	"Color":    (*Color)(nil),
	"Fault":    (*Fault)(nil),
	"MyInt":    (*MyInt)(nil),
	"MyString": (*MyString)(nil),
	"MyBool":   (*MyBool)(nil),
	"MyFloat":  (*MyFloat)(nil),
	"Ints":     (*Ints)(nil),
	"Dict":     (*Dict)(nil),
	"Fn":       (*Fn)(nil),
	"Grid":     (*Grid)(nil),
	"Link":     (*Link)(nil),
	"Pair":     (*Pair)(nil),
	"Bits":     (*Bits)(nil),
}

// dump shows a value with its type, to the bit.
func dump(v any) string {
	var b strings.Builder
	write(&b, reflect.ValueOf(v), 0)
	return b.String()
}

func write(b *strings.Builder, v reflect.Value, depth int) {
	if !v.IsValid() {
		b.WriteString("nil")
		return
	}
	fmt.Fprintf(b, "%s:", v.Type())
	switch k := v.Kind(); k {
	case reflect.Float32, reflect.Float64:
		fmt.Fprintf(b, "%x", math.Float64bits(v.Float()))
	case reflect.Complex64, reflect.Complex128:
		write(b, reflect.ValueOf(real(v.Complex())), depth)
		write(b, reflect.ValueOf(imag(v.Complex())), depth)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
		} else if depth < 4 {
			b.WriteString("&")
			write(b, v.Elem(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if k == reflect.Slice {
			fmt.Fprintf(b, "%v,%d", v.IsNil(), v.Cap())
		}
		b.WriteString("[")
		for i := range min(v.Len(), 64) {
			write(b, v.Index(i), depth+1)
			b.WriteString(" ")
		}
		b.WriteString("]")
	case reflect.Map:
		var all []string
		for it := v.MapRange(); it.Next(); {
			var e strings.Builder
			write(&e, it.Key(), depth+1)
			e.WriteString("=")
			write(&e, it.Value(), depth+1)
			all = append(all, e.String())
		}
		sort.Strings(all)
		fmt.Fprintf(b, "%v%v", v.IsNil(), all)
	case reflect.Struct:
		b.WriteString("{")
		for i := range v.NumField() {
			write(b, v.Field(i), depth+1)
			b.WriteString(" ")
		}
		b.WriteString("}")
	case reflect.Func, reflect.Chan:
		fmt.Fprintf(b, "%v", v.IsNil())
		if k == reflect.Chan {
			fmt.Fprint(b, v.Cap())
		}
	case reflect.UnsafePointer:
		fmt.Fprint(b, v.UnsafePointer() == nil)
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		switch {
		case v.CanInt():
			fmt.Fprint(b, v.Int())
		case v.CanUint():
			fmt.Fprint(b, v.Uint())
		default:
			fmt.Fprint(b, v.Bool())
		}
	}
}

// panicText shows what was panicked with.
func panicText(r any) string {
	if e, ok := r.(runtime.Error); ok {
		return fmt.Sprintf("runtime error %T: %s", r, e.Error())
	}
	return "panic " + dump(r)
}

// held are the variables that the running cell has defined.
var held = map[string]any{}

var pristine = map[string]string{}

// begin prepares for a cell.
func begin() {
	reset()
	Out.Reset()
	clear(held)
	if len(pristine) == 0 {
		for n, p := range globals {
			pristine[n] = dump(reflect.ValueOf(p).Elem().Interface())
		}
	}
}

// state shows what a cell leaves: what it printed, its variables, and those that it has changed.
func state() string {
	var all []string
	for n, p := range held {
		all = append(all, n+"="+dump(reflect.ValueOf(p).Elem().Interface()))
	}
	for n, p := range globals {
		if text := dump(reflect.ValueOf(p).Elem().Interface()); text != pristine[n] {
			all = append(all, n+"->"+text)
		}
	}
	sort.Strings(all)
	return fmt.Sprintf("out=%q %s", Out.String(), strings.Join(all, " "))
}

// show notes the values of a cell's last expression.
func show(vs ...any) {
	Out.WriteString(" shows")
	for _, v := range vs {
		Out.WriteString(" " + dump(v))
	}
}

// Upset changes variables while a statement that uses them is evaluated.
func Upset() int {
	I, J, F, S, B, MI, U8 = 1000, 2000, 99.5, "upset", !B, 77, 9
	Xs, Arr, M = []int{100, 200, 300, 400}, [3]int{7, 7, 7}, map[string]int{"a": 999}
	P, PP, NilP = Point{50, 60, "upset"}, &Point{70, 80, "upset"}, &Point{}
	PI, Func, A, Col = &J, func(n int) int { return -n }, "upset", 2
	Is, FnV, MStr, Bs = Ints{5}, nil, "upset", nil
	return 1
}

func (m MyInt) Add(n int) MyInt { return m + MyInt(n) }
func (p *Point) Add(n int) int  { return p.X + n }
func (xs Ints) At(i int) int    { return xs[i] }

func (d Disk) Shape() Shape { return &d }
func (p *Point) shift(d int, more ...int) int {
	p.X += d
	return p.X + len(more)
}
func (p Point) self() Point { return p }

func C64x() complex128 { return 1i }
func Xs2runes() []rune { return []rune{'x', -5, 0x20AC} }
func Ptr2() Point      { P.X = 5; return P }
