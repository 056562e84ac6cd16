// Package symbols has the form in which compiled packages are described to the interpreter. A description is data that the
// compiler lays out, without code that runs at start-up: descriptions of the whole standard library compile and load fast.
package symbols

import (
	"go/constant"
	"go/token"
	"reflect"
)

// Package describes the exported symbols of one package.
type Package struct {
	Path, Name string
	// Values are functions and typed constants.
	Values []Symbol
	// Vars are pointers to variables.
	Vars []Symbol
	// Types are nil pointers to types. The wrapper of interface type T, under the name _T, is a struct with a function for
	// each method, through which interpreted types implement it.
	Types []Symbol
	// Consts are untyped constants.
	Consts []Const
}

// Symbol is a name and what it stands for.
type Symbol struct {
	Name  string
	Value any
}

// Const is an untyped constant: Tok is token.INT, FLOAT, STRING, CHAR, or IDENT for true and false.
type Const struct {
	Name  string
	Tok   token.Token
	Value string
}

// Key is the package's name in the interpreter's tables.
func (p *Package) Key() string { return p.Path + "/" + p.Name }

// Exports returns the package as the interpreter wants it.
func (p *Package) Exports() map[string]reflect.Value {
	m := make(map[string]reflect.Value, len(p.Values)+len(p.Vars)+len(p.Types)+len(p.Consts))
	for _, s := range p.Values {
		m[s.Name] = reflect.ValueOf(s.Value)
	}
	for _, s := range p.Vars {
		m[s.Name] = reflect.ValueOf(s.Value).Elem()
	}
	for _, s := range p.Types {
		m[s.Name] = reflect.ValueOf(s.Value)
	}
	for _, c := range p.Consts {
		m[c.Name] = reflect.ValueOf(c.value())
	}
	return m
}

// Names are the package's symbols; the package itself is "".
func (p *Package) Names() map[string]bool {
	m := map[string]bool{"": true}
	for _, list := range [][]Symbol{p.Values, p.Vars, p.Types} {
		for _, s := range list {
			m[s.Name] = true
		}
	}
	for _, c := range p.Consts {
		m[c.Name] = true
	}
	return m
}

func (c Const) value() any {
	if c.Tok == token.IDENT {
		return c.Value == "true"
	}
	return constant.MakeFromLiteral(c.Value, c.Tok, 0)
}
