package proto

import "fmt"

// CellMaker says what a client can do for engines' sessions: it compiles cells for executables of a kind, which package native names; or, if
// Kind is empty, Why says why it compiles none. It is sent before the first job that needs to know.
type CellMaker struct{ Kind, Why string }

// CellMakers tells engine hosts of the clients that have said what they can do. It comes before any task of a job that such a client submits
// afterwards. The greatest Version counts.
type CellMakers struct {
	Version uint64
	List    []CellMaker
}

// NeedCell asks for a compiled cell: a host asks the controller, which asks a client that compiles for this kind of executable. It is
// answered by Cell, for all hosts that have asked for this Key, which Name makes. Without Source it asks about packages of other modules: which
// builds of them the client's session has that importing Imports, which is one path, brings along.
type NeedCell struct {
	Key  Hash
	Kind string
	// Source is one Go file of package main, which has these Imports.
	Source  string
	Imports []string
	// Packages are those of Imports that are of other modules, as the engine's session has them: other builds will not do.
	Packages []CellPackage
	// Job is the one whose client is asked, where packages of other modules matter: zero, any will do.
	Job JobID
	// Declarations asks, without Source, for what the packages declare, too.
	Declarations bool
}

// CellPackage is a package of another module, as a client's session has it.
type CellPackage struct {
	Path string
	// Module is what it is of, Version that module's, for people: empty for one that is worked on.
	Module, Version string
	// Build names the build of it and of all that it needs.
	Build string
}

func (p CellPackage) String() string {
	text := p.Path
	if p.Version == "" {
		return text + " (a local copy)"
	}
	if p.Path != p.Module {
		text += " of " + p.Module
	}
	return text + " " + p.Version
}

// Conflict says that an engine's session and a client's have different builds of a package, which cannot both be in a process.
func Conflict(engines, clients CellPackage) error {
	const remedy = "a process can have one of them only: use the same in both, or clear the engine's session"
	if engines.String() == clients.String() {
		return fmt.Errorf("the engine's session has %v, and the client's session another build of it, of other files or with other packages: %s", engines, remedy)
	}
	return fmt.Errorf("the engine's session has %v, and the client's session %v: %s", engines, clients, remedy)
}

// CellDeclaration is what a package declares, as the compiler has it.
type CellDeclaration struct {
	Path string
	Data []byte
}

// Cell is a compiled cell, or says why there is none.
type Cell struct {
	Key Hash
	// Path is the path of the plugin, Files are what is loaded, the cell's own first.
	Path  string
	Files []CellFile
	// Packages and Declarations answer a need without Source; Path is the package's import path then.
	Packages     []CellPackage
	Declarations []CellDeclaration
	// Cold says why nothing can be compiled at all, Error why this cell was not, in lines.
	Cold, Error string
}

// CellFile is a file of a compiled cell; its Hash is that of Data.
type CellFile struct {
	Hash Hash
	Data []byte
}

// Name names the need by all that decides about the answer.
func (m *NeedCell) Name() Hash {
	texts := append([]string{m.Kind, m.Source}, m.Imports...)
	for _, p := range m.Packages {
		texts = append(texts, p.Path, p.Build)
	}
	if m.Job != (JobID{}) {
		texts = append(texts, "of", string(m.Job[:]))
	}
	if m.Declarations {
		texts = append(texts, "declarations")
	}
	var data []byte
	for _, text := range texts {
		data = append(append(data, text...), 0)
	}
	return HashOf(data)
}

func (*CellMaker) Type() Type  { return TypeCellMaker }
func (*CellMakers) Type() Type { return TypeCellMakers }
func (*NeedCell) Type() Type   { return TypeNeedCell }
func (*Cell) Type() Type       { return TypeCell }

func eachCellMaker(c *coder, m *CellMaker) { m.fields(c) }

func (m *CellMaker) fields(c *coder) {
	c.text(&m.Kind)
	c.text(&m.Why)
}

func (m *CellMakers) fields(c *coder) {
	c.uvarint(&m.Version)
	list(c, &m.List, eachCellMaker)
}

func (m *NeedCell) fields(c *coder) {
	c.fixed(m.Key[:])
	c.text(&m.Kind)
	c.text(&m.Source)
	list(c, &m.Imports, eachText)
	list(c, &m.Packages, eachCellPackage)
	c.fixed(m.Job[:])
	c.flag(&m.Declarations)
}

func eachCellPackage(c *coder, p *CellPackage) {
	c.text(&p.Path)
	c.text(&p.Module)
	c.text(&p.Version)
	c.text(&p.Build)
}

func (m *Cell) fields(c *coder) {
	c.fixed(m.Key[:])
	c.text(&m.Path)
	list(c, &m.Files, func(c *coder, f *CellFile) {
		c.fixed(f.Hash[:])
		c.bytes(&f.Data)
	})
	list(c, &m.Packages, eachCellPackage)
	list(c, &m.Declarations, func(c *coder, d *CellDeclaration) {
		c.text(&d.Path)
		c.bytes(&d.Data)
	})
	c.text(&m.Cold)
	c.text(&m.Error)
}
