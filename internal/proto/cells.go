package proto

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
// answered by Cell, for all hosts that have asked for this Key, which NameCell makes.
type NeedCell struct {
	Key  Hash
	Kind string
	// Source is one Go file of package main, which has these Imports.
	Source  string
	Imports []string
}

// Cell is a compiled cell, or says why there is none.
type Cell struct {
	Key Hash
	// Path is the path of the plugin, Files are what is loaded, the cell's own first.
	Path  string
	Files []CellFile
	// Cold says why nothing can be compiled at all, Error why this cell was not, in lines.
	Cold, Error string
}

// CellFile is a file of a compiled cell; its Hash is that of Data.
type CellFile struct {
	Hash Hash
	Data []byte
}

// NameCell names a cell by all that it is compiled from.
func NameCell(kind, source string, imports []string) Hash {
	var data []byte
	for _, text := range append([]string{kind, source}, imports...) {
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
}

func (m *Cell) fields(c *coder) {
	c.fixed(m.Key[:])
	c.text(&m.Path)
	list(c, &m.Files, func(c *coder, f *CellFile) {
		c.fixed(f.Hash[:])
		c.bytes(&f.Data)
	})
	c.text(&m.Cold)
	c.text(&m.Error)
}
