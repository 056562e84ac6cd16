package light

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"runtime"
	"strings"
)

// The compiler evaluates a statement in two rounds. In the first, from left to right, are calls, && and ||, and some other operations;
// their results are kept. In the second is what stands where it stands: variables, fields, elements and arithmetic, which so see what
// the calls did. Calls are therefore taken out of expressions here as well, by apart. Where it is not certain in which round something
// comes, it has an effect, and is refused beside anything whose order against it shows.

// effect is what evaluating an expression does and sees.
type effect struct {
	calls calls
	// reads is what it sees in the first round.
	reads reads
	// panics are the ways in which it can panic, outside of calls.
	panics panics
	// late is what it sees in the second round.
	late reads
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
	panicsInline                    // in the second round, where the order is from left to right
	panicsEarly                     // in the first round, or perhaps in the second
	panicsApart                     // in the first round, in its order from left to right
)

// together combines operands, and refuses where it could be seen in which order they are evaluated.
func (c *compiler) together(all ...effect) effect {
	var out effect
	for i, a := range all {
		for j, b := range all {
			if i != j && conflict(a, b) {
				c.no()
			}
		}
		out = then(out, a)
	}
	return out
}

// then is what an operator does after its operands.
func then(a, b effect) effect {
	return effect{calls: max(a.calls, b.calls), reads: a.reads | b.reads, panics: a.panics | b.panics, late: a.late | b.late}
}

func conflict(a, b effect) bool {
	switch {
	case a.calls == callsAny && b.reads != 0:
		return true
	case a.calls == callsAppend && b.reads&readsMemory != 0:
		return true
	case a.calls != callsNone && b.panics&panicsEarly != 0:
		return true
	}
	return a.panics&panicsEarly != 0 && b.panics != 0
}

// early says that this is evaluated in the first round, or perhaps in the second.
func early(e effect) effect {
	if e.panics&^panicsApart != 0 {
		e.panics = panicsEarly
	}
	e.reads, e.late = e.reads|e.late, 0
	return e
}

// apart takes an expression out of the statement: it is evaluated before the rest.
func (c *compiler) apart(n Node) Node {
	i := c.p.Temps
	c.p.Temps++
	c.before = append(c.before, Node{Op: opLet, N: i, At: n.At, Kids: []Node{n}})
	return Node{Op: opTemp, N: i, At: n.At}
}

// first returns what was taken out since the statement began, and the rest.
func (c *compiler) first(rest ...Node) []Node {
	out := append(c.before, rest...)
	c.before = nil
	return out
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
		if tv.Value != nil { // the compiler's own results differ for counts beyond int64
			_, exact := constant.Int64Val(constant.ToInt(tv.Value))
			c.must(exact)
		}
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
	var p panics
	if fn != nil && fn.Pkg() != nil && fn.Signature().Recv() == nil && c.plainOperands(call) {
		path := fn.Pkg().Path()
		if neutral[path] {
			level = callsNeutral
		}
		if names, ok := pure[path]; ok && (names == "*" || strings.Contains(" "+names+" ", " "+fn.Name()+" ")) {
			level = callsNone
			if e.panics != 0 {
				p = panicsApart
			}
		}
	}
	return effect{calls: max(level, e.calls), panics: p}
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
		if trimmed(t) {
			p = panicsEarly
		}
		for f := range u.Fields() {
			p |= comparing(f.Type())
		}
		return p
	}
	return 0
}
