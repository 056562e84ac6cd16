package light

import (
	"go/ast"
	"go/token"
	"go/types"
	"runtime"
	"strings"
)

// effect is what evaluating an expression does and sees, as far as the order of evaluation can show it.
type effect struct {
	calls calls
	// reads is what it sees outside of the operands of a call. Those are read when the call is made, after all calls to its left.
	reads reads
	// panics are the ways in which it can panic, outside of such operands.
	panics panics
	// direct says that this is a variable, and no more. The compiler reads it where it uses it, after all calls of the statement, and so does
	// Run, which evaluates a variable to the variable.
	direct bool
}

// reads is a set of kinds of memory.
type reads uint8

const (
	readsVars   reads = 1 << iota // variables that no slice or pointer to a part reaches
	readsMemory                   // other
)

// calls says what is called.
type calls uint8

const (
	callsNone    calls = iota
	callsNeutral       // code that cannot reach the session's variables, but writes or panics
	callsAppend        // something that changes elements of slices and maps
	callsAny
)

// panics is a set of ways to panic.
type panics uint8

const (
	panicsNil    panics = 1 << iota // following a nil pointer; one is like another
	panicsInline                    // where it stands: between such the order is from left to right
	panicsEarly                     // in something that the compiler evaluates before the rest of the statement
)

// together combines operands of which Go does not say in which order they are evaluated, and refuses where the order could be seen.
// What is independent of order, or what the compiler never reorders, passes.
func (c *compiler) together(all ...effect) effect {
	for i := range all {
		all[i].direct = false
	}
	return c.late(all...)
}

// late is together for operands that are used when all of them are evaluated.
func (c *compiler) late(all ...effect) effect {
	var out effect
	for i, a := range all {
		for j, b := range all {
			if i != j && conflict(a, b) {
				c.no()
			}
		}
		out.calls = max(out.calls, a.calls)
		out.reads |= a.reads
		out.panics |= a.panics
	}
	return out
}

func conflict(a, b effect) bool {
	switch {
	case a.calls == callsAny && b.reads != 0 && !b.direct:
		return true
	case a.calls == callsAppend && b.reads&readsMemory != 0:
		return true
	case a.calls != callsNone && b.panics != 0:
		return true
	}
	return a.panics&panicsEarly != 0 && b.panics != 0
}

// early says that the compiler evaluates this before the rest of the statement.
func early(e effect) effect {
	e.direct = false
	if e.panics != 0 {
		e.panics = panicsEarly
	}
	return e
}

// fault is the effect of the operator itself.
func (c *compiler) fault(op token.Token, t types.Type, right ast.Expr) effect {
	tv := c.info.Types[right]
	switch op {
	case token.QUO, token.REM:
		if basicInfo(t)&types.IsInteger != 0 && tv.Value == nil {
			return effect{panics: panicsInline}
		}
	case token.SHL, token.SHR:
		if tv.Value == nil && basicInfo(tv.Type)&types.IsUnsigned == 0 {
			return effect{panics: panicsEarly}
		}
	}
	return effect{}
}

// mayFuse refuses x*y + z where the compiler may make one rounding of two.
func (c *compiler) mayFuse(op token.Token, t types.Type, operands ...ast.Expr) {
	if !fuses || (op != token.ADD && op != token.SUB) || basicInfo(t)&(types.IsFloat|types.IsComplex) == 0 {
		return
	}
	for _, e := range operands {
		if b, ok := ast.Unparen(e).(*ast.BinaryExpr); ok && b.Op == token.MUL {
			c.no()
		}
	}
}

var fuses = runtime.GOARCH != "amd64" && runtime.GOARCH != "386" || fused

// looks are packages whose functions see their callers: who calls them there must be the cell.
var looks = map[string]bool{"runtime": true, "runtime/debug": true, "log": true, "log/slog": true, "testing": true, "unsafe": true, "runtime/pprof": true, "runtime/trace": true}

// pure are functions that do nothing but return a result, and never panic when their operands are basic values.
var pure = map[string]string{
	"math": "*", "math/cmplx": "*", "unicode": "*", "unicode/utf8": "*", "html": "*",
	"strings": "Clone Compare Contains ContainsAny ContainsRune Count Cut CutPrefix CutSuffix EqualFold Fields HasPrefix HasSuffix Index IndexAny IndexByte IndexRune " +
		"LastIndex LastIndexAny LastIndexByte Replace ReplaceAll Split SplitAfter SplitN SplitAfterN Title ToLower ToTitle ToUpper ToValidUTF8 Trim TrimLeft TrimPrefix TrimRight TrimSpace TrimSuffix",
	"strconv": "Atoi FormatBool Itoa ParseBool ParseFloat Quote QuoteRune QuoteRuneToASCII QuoteToASCII Unquote",
	"errors":  "New", "fmt": "Sprint Sprintf Sprintln Errorf", "path": "*", "path/filepath": "Base Clean Dir Ext IsAbs Join Split",
}

// neutral are packages whose functions, given basic values, run no code of the session.
var neutral = map[string]bool{
	"math": true, "math/bits": true, "math/cmplx": true, "math/rand": true, "math/rand/v2": true, "strings": true, "strconv": true, "unicode": true,
	"unicode/utf8": true, "unicode/utf16": true, "fmt": true, "errors": true, "time": true, "path": true, "path/filepath": true, "html": true, "os": true,
}

// calling is the effect of a call with operands of effect e.
func (c *compiler) calling(fn *types.Func, call *ast.CallExpr, e effect) effect {
	level := callsAny
	if fn != nil && fn.Pkg() != nil && fn.Signature().Recv() == nil && c.plainOperands(call) {
		path := fn.Pkg().Path()
		if names, ok := pure[path]; ok && e.calls == callsNone && (names == "*" || strings.Contains(" "+names+" ", " "+fn.Name()+" ")) {
			return early(e)
		}
		if neutral[path] {
			level = callsNeutral
		}
	}
	return effect{calls: max(level, e.calls)}
}

// plainOperands reports whether a call is given nothing but numbers, strings and truth values without methods.
func (c *compiler) plainOperands(call *ast.CallExpr) bool {
	for _, a := range call.Args {
		t := types.Unalias(c.typeOf(a))
		if b, ok := t.(*types.Basic); !ok || b.Kind() == types.UnsafePointer || b.Kind() == types.UntypedNil {
			return false
		}
	}
	return true
}

// comparing is the effect of comparing values of type t.
func comparing(t types.Type) panics {
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return panicsEarly
	case *types.Array:
		return comparing(u.Elem())
	case *types.Struct:
		var p panics
		for f := range u.Fields() {
			p |= comparing(f.Type())
		}
		return p
	}
	return 0
}
