package gocode

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// numeric are the types between which a conversion is all that is needed.
var numeric = regexp.MustCompile(`^(u?int(8|16|32|64)?|uintptr|float(32|64)|byte|rune)$`)

// maxOperand is how long an expression may be for a hint to repeat it.
const maxOperand = 30

func brief(text string) string {
	if len(text) > maxOperand || strings.ContainsAny(text, "\n") {
		return "x"
	}
	return text
}

// convert helps with a value of one type where another is needed. m has the expression, what it is, its type, the type that is needed,
// and what the checker adds.
func (a *advisor) convert(m []string) string {
	x, have, want := brief(m[1]), m[3], m[4]
	switch {
	case have == want:
		return a.generations(x, have)
	case strings.Contains(m[5], "pointer receiver"):
		return "its methods are those of a pointer: give &" + x
	case strings.Contains(m[5], "need type assertion"):
		return "if it holds one: " + x + ".(" + want + ")"
	case strings.Contains(m[5], "missing method"):
		return ""
	case "*"+have == want:
		return "give its address: &" + x
	case have == "*"+want:
		return "give what it points to: *" + x
	case strings.HasPrefix(have, "func() ") && strings.TrimPrefix(have, "func() ") == want:
		return "call it: " + x + "()"
	}
	return conversion(x, have, want)
}

// conversion says how to make a value of one type of a value of another.
func conversion(x, have, want string) string {
	switch {
	case numeric.MatchString(have) && numeric.MatchString(want):
		return "convert it: " + want + "(" + x + ")"
	case have == "int" && want == "string":
		return "strconv.Itoa(" + x + ") writes the number; string(" + x + ") would be the letter with that number"
	case numeric.MatchString(have) && want == "string":
		return "fmt.Sprint(" + x + ") writes the number"
	case have == "string" && want == "int":
		return "n, err := strconv.Atoi(" + x + ") reads the number"
	case have == "string" && strings.HasPrefix(want, "float"):
		return "f, err := strconv.ParseFloat(" + x + ", 64) reads the number"
	case have == "string" && (want == "[]byte" || want == "[]rune"), (have == "[]byte" || have == "[]rune") && want == "string":
		return "convert it: " + want + "(" + x + ")"
	case have == "error" && want == "string":
		return x + ".Error() is its text"
	case strings.HasPrefix(have, "time.Duration") && numeric.MatchString(want), numeric.MatchString(have) && want == "time.Duration":
		return "convert it: " + want + "(" + x + ")"
	}
	return ""
}

// generations is about a value that is older than its type.
func (a *advisor) generations(x, typ string) string {
	name := strings.TrimLeft(typ, "*[]")
	if e := a.s.live[name]; e != nil && e.kind == KindType {
		place := a.p.where(e.pos)
		for _, f := range a.c.fresh {
			if f.name == name {
				place = "this cell"
			}
		}
		return x + " was made before " + name + " was redefined in " + place + ": make it again"
	}
	return ""
}

// constant helps with a constant of a kind that does not fit. m has the constant, its kind and the type that is needed.
func (a *advisor) constant(m []string) string {
	x, kind, want := m[1], m[2], m[3]
	text := strings.Trim(x, "'\"`")
	switch {
	case kind == "rune" && want == "string":
		return "a string is in double quotes: \"" + text + "\""
	case kind == "string" && (want == "rune" || want == "byte") && len([]rune(text)) == 1:
		return "a single letter is in single quotes: '" + text + "'"
	case kind == "string" && (want == "rune" || want == "byte"):
		return "a " + want + " is one letter, in single quotes"
	case kind == "string" && numeric.MatchString(want) && regexp.MustCompile(`^-?[\d.]+$`).MatchString(text):
		return "a number has no quotes: " + text
	case kind == "int" && want == "string" && regexp.MustCompile(`^\d+$`).MatchString(x):
		return "a string is in double quotes: \"" + text + "\""
	}
	return ""
}

// mismatch helps with an operation on two types.
func (a *advisor) mismatch(m []string) string {
	x, y := m[1], m[2]
	if x == y {
		return a.generations("one of them", x)
	}
	for _, t := range []*string{&x, &y} {
		*t = strings.TrimPrefix(*t, "untyped ")
	}
	switch {
	case x == "any" || y == "any" || x == "interface{}" || y == "interface{}":
		return "say what the interface holds: x.(int), for example"
	case numeric.MatchString(x) && numeric.MatchString(y):
		wide := y
		if strings.HasPrefix(x, "float") {
			wide = x
		}
		return "convert one of them, for example with " + wide + "(...)"
	case x == "string" || y == "string":
		return "to put a text together, write fmt.Sprint(...), or strconv.Itoa(n) for an int"
	case x == "time.Duration" || y == "time.Duration":
		return "convert the number: time.Duration(n)"
	}
	return ""
}

// call helps with a call of something that is no function.
func (a *advisor) call(m []string) string { return a.hides(m[1]) }

// hides tells a name that hides one of Go's own.
func (a *advisor) hides(name string) string {
	if types.Universe.Lookup(name) == nil {
		return ""
	}
	scope := a.scope()
	_, obj := scope.LookupParent(name, a.pos)
	if obj == nil || !obj.Pos().IsValid() {
		return ""
	}
	return "`" + name + "` (" + a.p.where(position(a.s.fset.Position(obj.Pos()))) + ") hides Go's own: give it another name"
}

// fixed helps with a name that cannot be assigned.
func (a *advisor) fixed(m []string) string {
	if _, obj := a.scope().LookupParent(m[1], a.pos); obj != nil {
		if _, is := obj.(*types.Const); is {
			return "it is a constant: what changes is declared with var"
		}
		if _, is := obj.(*types.Func); is {
			return "it is a function: declare it again, or make it a variable"
		}
	}
	return ""
}

// hidesPackage tells a variable that has the name of a package.
func (a *advisor) hidesPackage(x ast.Expr) string {
	id, ok := x.(*ast.Ident)
	if !ok || len(stdlib.Named(id.Name)) == 0 {
		return ""
	}
	if v, is := a.c.info.Uses[id].(*types.Var); is {
		return "`" + id.Name + "` (" + a.p.where(position(a.s.fset.Position(v.Pos()))) + ") hides the package: give it another name"
	}
	return ""
}

// both helps with a function that returns an error beside its result.
func (a *advisor) both(m []string) string {
	for _, n := range slices.Backward(a.path) {
		for e, tv := range a.c.info.Types {
			if e.Pos() < n.Pos() || e.End() > n.End() {
				continue
			}
			if tuple, ok := tv.Type.(*types.Tuple); ok && tuple.Len() == 2 {
				if types.Identical(tuple.At(1).Type(), types.Universe.Lookup("error").Type()) {
					return "take its error, too: v, err := " + m[1] + "(...)"
				}
				return "take both results, or _ in place of one"
			}
		}
	}
	return ""
}

// importing helps with a package that is not there.
func (a *advisor) importing(m []string) string {
	path := m[1] + m[2] + m[3]
	best := nearest{name: path}
	for _, p := range stdlib.Paths() {
		best.try(p, nil)
	}
	if best.best != "" {
		return "did you mean \"" + best.best + "\"?"
	}
	for _, p := range stdlib.Paths() {
		if strings.HasSuffix(p, "/"+path) {
			return "did you mean \"" + p + "\"?"
		}
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		return "%get " + path + " fetches it for compiled cells; interpreted ones can import the standard library and gocluster's own packages"
	}
	return ""
}
