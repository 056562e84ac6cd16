package light

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// random returns n cells made by chance, for one seed always the same ones. Some do not compile.
func random(seed uint64, n int) []*cell {
	g := &maker{rand.New(rand.NewPCG(1, seed))}
	var out []*cell
	for i := range n {
		text := g.expr(g.kind(), 1+i%4)
		if i%2 == 0 {
			text = g.statements() + text
		}
		out = append(out, &cell{text: text})
	}
	return out
}

// maker makes expressions of a wanted type.
type maker struct{ *rand.Rand }

func (g *maker) of(list ...string) string { return list[g.IntN(len(list))] }

var numbers = strings.Fields("int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64 MyInt MyFloat Color")

func (g *maker) kind() string {
	if g.IntN(4) > 0 {
		return g.of(numbers...)
	}
	return g.of("bool", "string", "[]int", "any", "Point", "*Point", "[3]int", "complex128", "complex64", "[]byte", "MyString", "map[string]int", "Shape", "error", "MyBool")
}

var leaves = map[string][]string{
	"int": {"I", "J", "Zero", "P.X", "PP.Y", "NilP.X", "O.ID", "O.inner.Depth", "1", "-5", "300", "len(S)", "len(Xs)", "cap(Ys)", "*PI", "O.X", "Lst.Next.Val", "A.(int)",
		"Xs[1]", "Xs[4]", "Arr[2]", "PArr[0]", "M[\"a\"]", "Pts[1].Y", "Gr[1][2]", "math.MaxInt", "Anon.X", "Say(2)", "Say(I)", "strings.Index(S, \"l\")", "P.Sum()", "NilP.Sum()", "PPts[1].X", "Is.Len()", "Upset()", "Upset()"},
	"int8": {"I8", "Z8", "N8", "-1", "127", "-128"}, "int16": {"I16", "-1", "3"}, "int32": {"I32", "R", "'z'", "-1", "7"}, "int64": {"I64", "M1", "1 << 40", "-9"},
	"uint": {"U", "3", "0"}, "uint8": {"U8", "Bs[1]", "S[1]", "S[9]", "255", "7", "T[1]"}, "uint16": {"U16", "9"}, "uint32": {"U32", "11"}, "uint64": {"U64", "1 << 63", "5"},
	"uintptr": {"Up", "13"}, "float32": {"F32", "0.1", "-3"}, "float64": {"F", "G", "Inf", "NaN", "NegZ", "Big", "0.1", "1e-320", "-2", "Mat[0][1]", "Mat[1][1]", "math.Pi", "math.Sqrt(F)", "Sh.Area()"},
	"MyInt": {"MI", "-4", "MI.Twice()"}, "MyFloat": {"MFl", "0.3"}, "Color": {"Col", "2"}, "bool": {"B", "No", "true", "NilP == nil", "A == AX", "AX == AX", "Pr == PrBad"},
	"string": {"S", "T", "E", `"lit"`, "P.name", "Anon.Y", "Ss[1]", "Ss[2]", "MF[1.5]", "AS.(string)", "SayS(S)", "strings.ToUpper(T)", "O.deep", "Err.Error()", "fmt.Sprint(I, F)", "NilP.name"},
	"[]int":  {"Xs", "Nils", "Ys", "MS[\"s\"]", "[]int{1, I}", "AX.([]int)"}, "any": {"A", "AS", "AP", "AX", "AN", "1", "nil", "P", "Sh", "'c'"},
	"Point": {"P", "*PP", "Pts[0]", "Pts[2]", "Point{}", "Point{1, 2, \"q\"}", "AP.(Point)", "*NilP"}, "*Point": {"PP", "NilP", "MP[\"p\"]", "&P", "O.Point", "PPts[0]", "&Pts[1]", "APP.(*Point)"},
	"[3]int": {"Arr", "*PArr", "[3]int{1, 2}", "Gr[0]"}, "complex128": {"C", "2i", "1"}, "complex64": {"C64", "1i"}, "[]byte": {"Bs", `[]byte("q")`, "[]byte(S)"},
	"MyString": {"MStr", `"m"`}, "map[string]int": {"M", "NilM", "map[string]int{\"k\": 1}"}, "Shape": {"Sh", "NilS", "Square(1)", "O.Shape"}, "error": {"Err", "NilE", "io.EOF"}, "MyBool": {"MB", "true"},
}

func (g *maker) expr(t string, depth int) string {
	if depth <= 0 || g.IntN(8) == 0 {
		if l := leaves[t]; len(l) > 0 {
			return g.of(l...)
		}
	}
	e := func(t string) string { return g.expr(t, depth-1) }
	for _, n := range numbers {
		if n == t {
			return g.number(t, e)
		}
	}
	switch t {
	case "bool":
		return g.truth(e)
	case "string":
		return g.text(e)
	}
	return g.composite(t, e)
}

func (g *maker) number(t string, e func(string) string) string {
	real := strings.Contains(t, "loat")
	switch g.IntN(10) {
	case 0, 1:
		return fmt.Sprintf("%s(%s)", t, e(g.of(numbers...)))
	case 2:
		if !real {
			count := g.of("uint", "int", "uint8", "int8", "uint64")
			return fmt.Sprintf("(%s %s %s(%s))", e(t), g.of("<<", ">>"), count, e(count))
		}
		return fmt.Sprintf("%s(%s, %s)", g.of("min", "max"), e(t), e(t))
	case 3:
		if !real {
			return g.of("-", "^", "+") + "(" + e(t) + ")"
		}
		return "-(" + e(t) + ")"
	case 4:
		if t == "int" {
			return g.integer(e)
		}
		return fmt.Sprintf("%s(%s, %s)", g.of("min", "max"), e(t), e(t))
	}
	if real {
		return fmt.Sprintf("(%s %s %s)", e(t), g.of("+", "-", "*", "/"), e(t))
	}
	return fmt.Sprintf("(%s %s %s)", e(t), g.of("+", "-", "*", "/", "%", "&", "|", "^", "&^"), e(t))
}

func (g *maker) integer(e func(string) string) string {
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf("%s[%s]", e("[]int"), e("int"))
	case 1:
		return fmt.Sprintf("len(%s)", e(g.of("string", "[]int", "[]byte", "map[string]int")))
	case 2:
		return fmt.Sprintf("%s[%s]", e("map[string]int"), e("string"))
	case 3:
		return fmt.Sprintf("(%s).%s", e(g.of("Point", "*Point")), g.of("X", "Y", "Sum()"))
	case 4:
		return fmt.Sprintf("%s(%s)", g.of("Say", "Func", "NilF", "FnV"), e("int"))
	case 5:
		return fmt.Sprintf("Add(%s, %s)", e("int"), e("int"))
	case 6:
		return fmt.Sprintf("(%s)[%s]", e("[3]int"), e(g.of("int", "uint8", "int64")))
	}
	return fmt.Sprintf("(%s).(int)", e("any"))
}

func (g *maker) truth(e func(string) string) string {
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", e("bool"), g.of("&&", "||"), e("bool"))
	case 1:
		return "!" + e("bool")
	case 2:
		t := g.of("any", "Point", "*Point", "[3]int", "complex128", "Shape", "error", "bool", "complex64")
		return fmt.Sprintf("(%s %s %s)", e(t), g.of("==", "!="), e(t))
	case 3:
		return fmt.Sprintf("(%s %s %s)", e("string"), g.of("==", "!=", "<", ">="), e("string"))
	}
	t := g.of(numbers...)
	return fmt.Sprintf("(%s %s %s)", e(t), g.of("==", "!=", "<", "<=", ">", ">="), e(t))
}

func (g *maker) text(e func(string) string) string {
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf("%s[%s:%s]", e("string"), e("int"), e(g.of("int", "uint8")))
	case 1:
		return fmt.Sprintf("string(%s)", e(g.of("[]byte", "MyString", "int32")))
	case 2:
		return fmt.Sprintf("fmt.Sprint(%s, %s)", e(g.kind()), e(g.kind()))
	case 3:
		return fmt.Sprintf("strings.%s(%s)", g.of("ToUpper", "TrimSpace", "Title"), e("string"))
	case 4:
		return fmt.Sprintf("%s(%s)", g.of("SayS", "Any", "strconv.Quote"), e("string"))
	}
	return fmt.Sprintf("(%s + %s)", e("string"), e("string"))
}

func (g *maker) composite(t string, e func(string) string) string {
	switch t {
	case "[]int":
		return g.of(fmt.Sprintf("[]int{%s, %s}", e("int"), e("int")), fmt.Sprintf("append(Xs, %s)", e("int")), fmt.Sprintf("%s[%s:%s]", e(t), e("int"), e("int")), fmt.Sprintf("append(Nils, %s...)", e(t)))
	case "any":
		return fmt.Sprintf("any(%s)", e(g.kind()))
	case "Point":
		return g.of(fmt.Sprintf("Point{%s, %s, %s}", e("int"), e("int"), e("string")), "*"+e("*Point"), fmt.Sprintf("(%s).Plus(%s, %s)", e("Point"), e("Point"), e("Point")), fmt.Sprintf("(%s).self()", e("*Point")))
	case "*Point":
		return g.of("&"+e("Point"), fmt.Sprintf("(%s).Self()", e(t)), "&Point{X: "+e("int")+"}", "O.Point", fmt.Sprintf("Ptr(%s)", e(t)))
	case "[3]int":
		return fmt.Sprintf("[3]int{%s, %s}", e("int"), e("int"))
	case "complex128", "complex64":
		return fmt.Sprintf("(%s %s %s)", e(t), g.of("+", "-", "*", "/"), e(t))
	case "map[string]int":
		return fmt.Sprintf("map[string]int{\"a\": %s, \"b\": %s}", e("int"), e("int"))
	case "[]byte":
		return g.of(fmt.Sprintf("[]byte(%s)", e("string")), fmt.Sprintf("%s[%s:]", e(t), e("int")))
	case "Shape":
		return fmt.Sprintf("Shape(Square(%s))", e("float64"))
	case "error":
		return fmt.Sprintf("Fail(%s)", e("int"))
	case "MyString", "MyBool":
		return fmt.Sprintf("%s(%s)", t, e(map[string]string{"MyString": "string", "MyBool": "bool"}[t]))
	}
	return g.of(leaves[t]...)
}

// statements change variables.
func (g *maker) statements() string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteString(g.statement() + "; ")
	}
	return b.String()
}

func (g *maker) place() string {
	return g.of("I", "P.X", "PP.Y", "NilP.X", "Xs["+g.expr("int", 1)+"]", "Arr["+g.expr("int", 1)+"]", "M["+g.expr("string", 1)+"]", "*PI", "Pts[1].X", "Lst.Next.Val",
		"Gr[1][I-6]", "NilM[S]", "PArr[1]", "J", "Zero", "PP.Self().X", "MP[S].X", "Xs[Say(1)]", "M[SayS(S)]", "O.inner.Depth", "Ptr("+g.expr("*Point", 1)+").Y")
}

func (g *maker) statement() string {
	e := func() string { return g.expr("int", 2) }
	name := fmt.Sprintf("v%d", g.IntN(1e9))
	switch g.IntN(14) {
	case 0, 1:
		return g.place() + " = " + e()
	case 2:
		return g.place() + g.of("++", "--")
	case 3:
		return g.place() + ", " + g.place() + " = " + e() + ", " + e()
	case 4:
		return fmt.Sprintf("%s := any(%s)", name, g.expr(g.kind(), 2))
	case 5:
		return fmt.Sprintf("if %s { %s = %s } else { %s++ }", g.expr("bool", 2), g.place(), e(), g.place())
	case 6:
		return g.of("Xs, Ys", "Xs, Nils", "Ys, Xs") + " = " + g.expr("[]int", 2) + ", " + g.expr("[]int", 1)
	case 7:
		return fmt.Sprintf("%s, ok%s := %s", name, name, g.of("M["+g.expr("string", 2)+"]", g.expr("any", 2)+".(int)", g.expr("any", 2)+".(Shape)", "MP["+g.expr("string", 1)+"]"))
	case 8:
		return fmt.Sprintf("if %s := %s; %s > %s { %s = %s }", name, e(), name, e(), g.place(), name)
	case 9:
		return fmt.Sprintf("Xs = append(Xs, %s, %s)", e(), e())
	case 10:
		return g.of("delete(M, "+g.expr("string", 2)+")", "copy(Xs, "+g.expr("[]int", 2)+")", "clear("+g.of("M", "Xs", "NilM")+")", "PP.Move("+e()+", "+e()+")", "PP.shift("+e()+", "+e()+")")
	case 11:
		t := g.of("int8", "uint8", "int16", "float64", "string", "MyInt", "float32", "uint64")
		v := map[string]string{"int8": "I8", "uint8": "U8", "int16": "I16", "float64": "F", "string": "S", "MyInt": "MI", "float32": "F32", "uint64": "U64"}[t]
		return v + " " + g.of("+=", "+=", "-=", "*=", "/=") + " " + g.expr(t, 2)
	case 12:
		return fmt.Sprintf("Pts[%s] = Point{%s, %s, %s}", e(), e(), e(), g.expr("string", 1))
	}
	return g.place() + " " + g.of("+=", "-=", "*=", "/=", "%=", "|=", "&^=", "<<=") + " " + e()
}
