package light

import (
	"go/token"
	"go/types"
	"reflect"
)

// World says what the names of a session stand for.
type World interface {
	// Var gives the lowered name of a session variable, also of one that the cell defines.
	Var(obj *types.Var) (low string, ok bool)
	// Func gives the name of the variable that holds a session function. One that holds a method has the receiver as its first
	// parameter; only unexported methods are asked for.
	Func(obj *types.Func) (low string, ok bool)
	// Type gives the name under which a session type is known where the code runs.
	Type(obj *types.TypeName) (low string, ok bool)
	// Has reports whether a compiled package's function, variable or type can be had where the code runs.
	Has(path, name string) bool
}

// Env is where a program runs.
type Env interface {
	// Var returns a session variable, addressable.
	Var(low string) (reflect.Value, bool)
	// Define returns the session variable of that name and type, addressable; it makes the variable if need be.
	Define(low string, t reflect.Type) reflect.Value
	// Type returns a session type.
	Type(low string) (reflect.Type, bool)
	// Symbol returns a function, a variable (addressable), or a nil pointer to a type of a compiled package.
	Symbol(path, name string) (reflect.Value, bool)
	// Step notes that the cell's n-th statement begins.
	Step(n int)
	// Show takes the values of the cell's last expression; fn is the step's Show, typeText its Type.
	Show(fn, typeText string, values []reflect.Value)
}

// NeedsCompiler is why a program cannot run here, although it could be written: nothing of it has been done.
type NeedsCompiler struct{ What string }

func (e *NeedsCompiler) Error() string { return "the cell has to be compiled: " + e.What }

// Program is a cell that can be evaluated without being compiled. Its fields are exported so that it can be encoded.
type Program struct {
	Steps []Stage
	Types []Type
	// Vars are the session variables that it uses, Symbols those of packages.
	Vars    []Var
	Symbols []Symbol
	// Locals is the number of variables that live only in its blocks.
	Locals int
	// Temps is the number of results that are kept within a statement.
	Temps int
	// Files are the names that positions refer to.
	Files []string

	at Pos
}

// Stage is one statement of the cell.
type Stage struct {
	N    int
	Body []Node
	// Show and Type are those of the Step, for the values of Body's last node.
	Show, Type string
}

// Var is a session variable by its lowered name. Made says that the program defines it before it uses it.
type Var struct {
	Low  string
	Made bool
}

// Symbol is a package's function or variable.
type Symbol struct{ Path, Name string }

// Pos is a place in the cell's source.
type Pos struct{ File, Line, Col int }

// Position tells which expression was evaluated last. After a panic in Run that is the one that panicked, or the call in which it
// did.
func (p *Program) Position() token.Position {
	if p.at.Line == 0 || p.at.File >= len(p.Files) {
		return token.Position{}
	}
	return token.Position{Filename: p.Files[p.at.File], Line: p.at.Line, Column: p.at.Col}
}

// Node is an expression or a statement.
type Node struct {
	Op Op
	// T is the index of a type plus one; 0 is none.
	T int
	// N is an index, an operator, or a length, by Op.
	N    int
	Path []int
	// Names are those of fields.
	Names []string
	S     string
	I     int64
	F, G  float64
	Kids  []Node
	At    Pos
}

// Op says what a Node does.
type Op uint8

// The operations. Constants carry their value in I, F and G, or S.
const (
	opInvalid Op = iota
	opNone       // an operand that is left out
	opBool
	opInt
	opUint
	opFloat
	opComplex
	opString
	opNil
	opVar    // N: index in Vars
	opLocal  // N: index of a local variable
	opSymbol // N: index in Symbols
	opTemp   // N: index of a result that opLet kept
	opField  // Names: the way to the field in Kids[0], pointers followed
	opDeref
	opAddr
	opIndex
	opMapIndex
	opSlice
	opAssert
	opCall      // Kids: function, arguments
	opMethod    // Kids: receiver, arguments; S: name; N: what becomes of the receiver; Names as in opField
	opConvert   // to T
	opUnary     // N: token
	opBinary    // N: token
	opShift     // N: token
	opCompare   // N: token
	opLogic     // N: token
	opStructLit // Names: of the fields
	opArrayLit  // Path: indices; N: length of a slice
	opMapLit    // Kids: keys and values in turn
	opNewLit    // pointer to Kids[0], a composite literal
	opLen       // the builtins
	opCap       //
	opAppend    //
	opCopy      //
	opMake      //
	opNew       //
	opNewOf     //
	opMinMax    // N: 0 min, 1 max
	opComplexOf //
	opReal      //
	opImag      //
	opDelete    // statements from here
	opClear     //
	opPanic     //
	opExpr      //
	opAssign    // Path: for each target what happens to it; Kids: targets, then values
	opUpdate    // Kids: target, operand; N: token
	opZero      // defines a variable with its zero value
	opIf        // Kids: init, condition, then, else
	opBlock     //
	opLet       // keeps the value of Kids[0]
)

// What happens to a target of an assignment.
const (
	toStore  = iota // it is assigned
	toDefine        // it is a variable that begins here
	toBlank         // it is _
)

// What becomes of the receiver of a method.
const (
	asIs = iota
	takeAddr
	follow
)

// withinPlace in I says that the target of an assignment, an opIndex or opField, is a part of another target.
const withinPlace = 1

// Flags of opCall and opMethod, in I.
const (
	ellipsis = 1 << iota // the last argument is the variadic slice
	spread               // the only argument is a call with several results
)
