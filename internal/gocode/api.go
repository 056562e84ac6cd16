package gocode

import (
	"fmt"
	"go/types"
	"strings"

	"github.com/gocluster/gocluster/internal/light"
	"github.com/gocluster/gocluster/internal/unit"
)

// HostPath is the import path of the package through which lowered code talks to the process that runs it.
const HostPath = "github.com/gocluster/gocluster/internal/session/host"

// Cell is one input of a session.
type Cell struct {
	// N is the cell's number: 3 for In[3].
	N int
	// Name is how positions name the cell: "In[3]", or a file's name.
	Name string
	// Source is what was typed.
	Source string
	// Line is the number of Source's first line; 0 means 1. It differs where a cell is a part of a file.
	Line int
	// Aside marks a cell that a tool runs for its own purposes: what it declares and imports is forgotten.
	Aside bool
	// Compile asks for the compiler also where the cell could be evaluated without.
	Compile bool
	// Keep asks for the last expression's value besides what it shows.
	Keep bool
	// Final asks for values as they will be in the end: a job that is the cell's value is waited for.
	Final bool
}

// Options say what a session's cells can use besides the standard library.
type Options struct {
	// Auto maps package names to the import paths that they are imported from when a cell uses them.
	Auto map[string]string
	// Sources has, by import path, Go source of generic declarations: the interpreter has only a package's compiled symbols,
	// and a generic function has none, so it is written out for the types it is used with.
	Sources map[string]string
	// Has tells whether a symbol of a compiled package can be used without compiling; "" stands for the package.
	Has func(path, name string) bool
	// Compiled tells that the session's child runs compiled cells.
	Compiled bool
	// Import gives the declarations of packages that are neither of the standard library nor ours.
	Import func(path string) (*types.Package, error)
	// Doc gives the doc comment of a name in such a package, "Dense.Mul" for example, or "" for the package's own. Paths lists packages
	// that may be imported and begin with a text. Both may be nil.
	Doc   func(path, name string) string
	Paths func(prefix string) []string
}

// Plan is a cell ready to be run.
type Plan struct {
	Cell Cell
	// Source is one lowered Go file of package main; File is its name.
	Source, File string
	// Entry is the function of Source that runs the cell's statements; "" where there is nothing to run.
	Entry string
	// Lines maps Source back to cells: entry i is the position of Source's line i+1.
	Lines []unit.Position
	// Units are the functions made in this cell that can be shipped; lowered code names them by index.
	Units []*unit.Unit
	// UnitBase is the number of the first of them: lowered code counts units over the whole session.
	UnitBase int
	// Redefined are units of earlier cells, by their number in the session, made anew since something that they reach has been
	// redefined: they take the place of the old, also for functions that are tied to the old.
	Redefined map[int]*unit.Unit
	// Imported are the packages that were imported by use, to be told to the user.
	Imported []string
	// Declares are the names that the cell declares.
	Declares []Decl
	// Notes are remarks for the user, for example definitions that no longer compile.
	Notes []string
	// Undone is what there is to say besides when the cell has failed; Commit sets it.
	Undone []string
	// Compiled is the cell for the compiler; Light is the same where it can be evaluated without. Both are nil in a session that is
	// interpreted, and where there is nothing to do.
	Light    *light.Program
	Compiled *Compiled

	commit *pending
}

// Kind is what a name stands for.
type Kind string

// The kinds of names.
const (
	KindVar     Kind = "var"
	KindFunc    Kind = "func"
	KindMethod  Kind = "method"
	KindType    Kind = "type"
	KindConst   Kind = "const"
	KindPackage Kind = "package"
	KindField   Kind = "field"
	KindKeyword Kind = "keyword"
)

// Decl is a name that the session knows.
type Decl struct {
	Name string
	Kind Kind
	// Type is the type as Go text, as the user would write it.
	Type string
	// Var is the package variable of the lowered code that holds a variable's value.
	Var string
	// Position is where the name was declared.
	Position unit.Position
}

// Diagnostic is one thing that is wrong with a cell.
type Diagnostic struct {
	Position unit.Position
	// EndCol is the column after the offending text, on the position's line; 0 if unknown.
	EndCol int
	// Message is in the words of the Go compiler.
	Message string
	// Hint says what to do, where we know.
	Hint string
	// Syntax tells that the cell could not be parsed.
	Syntax bool
}

// Diagnostics are everything that is wrong with a cell, in its order.
type Diagnostics []Diagnostic

func (ds Diagnostics) Error() string {
	var lines []string
	for _, d := range ds {
		line := fmt.Sprintf("%v: %s", d.Position, d.Message)
		if d.Hint != "" {
			line += " (" + d.Hint + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
