package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Kind is what a cell is for.
type Kind string

// The kinds of cell; the values are nbformat's.
const (
	Code     Kind = "code"
	Markdown Kind = "markdown"
	Raw      Kind = "raw"
)

// Notebook is a list of cells, with everything else that its file says.
type Notebook struct {
	Cells []*Cell

	fields members
}

// Cell is one cell of a notebook.
type Cell struct {
	Kind   Kind
	Source string
	// Line is the line of the file at which Source begins: 1 in a notebook, where each cell counts its own lines.
	Line int
	// Tags are the cell's tags, such as "raises-exception".
	Tags []string

	fields members
}

// RaisesException reports whether the cell's author says that it fails, as Jupyter's executors understand it.
func (c *Cell) RaisesException() bool { return slices.Contains(c.Tags, "raises-exception") }

// Parse reads what a file called name holds: a notebook if the name ends in .ipynb, or if there is none ("-") and the
// content is JSON; a script otherwise.
func Parse(name string, data []byte) (*Notebook, error) {
	isJSON := strings.EqualFold(filepath.Ext(name), ".ipynb")
	if filepath.Ext(name) == "" {
		isJSON = bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) && json.Valid(data)
	}
	if !isJSON {
		return ParseScript(string(data)), nil
	}
	return Read(bytes.NewReader(data))
}

// Read reads a notebook.
func Read(r io.Reader) (*Notebook, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	n := &Notebook{}
	if err := json.Unmarshal(data, &n.fields); err != nil {
		return nil, position(data, err)
	}
	if err := n.checkVersion(); err != nil {
		return nil, err
	}
	raw, ok := n.fields.get("cells")
	if !ok {
		return nil, errors.New(`not a notebook: it has no "cells"`)
	}
	var cells []members
	if err := json.Unmarshal(raw, &cells); err != nil {
		return nil, fmt.Errorf("cells: %w", err)
	}
	for i, fields := range cells {
		c, err := readCell(fields)
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
		n.Cells = append(n.Cells, c)
	}
	return n, nil
}

// position says where in data a JSON error is.
func position(data []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return fmt.Errorf("not a notebook: %w", err)
	}
	before := data[:min(int(syntax.Offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	col := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Errorf("not a notebook: line %d, column %d: %w", line, col, err)
}

func (n *Notebook) checkVersion() error {
	var major int
	v, ok := n.fields.get("nbformat")
	if !ok || json.Unmarshal(v, &major) != nil {
		return errors.New(`not a notebook: it has no "nbformat" number`)
	}
	if major != 4 {
		return fmt.Errorf("the notebook has format %d, this program reads format 4: convert it with `jupyter nbconvert --to notebook --nbformat 4`", major)
	}
	return nil
}

func readCell(fields members) (*Cell, error) {
	c := &Cell{Kind: Kind(fields.text("cell_type")), Line: 1, fields: fields}
	if !slices.Contains([]Kind{Code, Markdown, Raw}, c.Kind) {
		return nil, fmt.Errorf("cell_type is %q; want code, markdown or raw", c.Kind)
	}
	source, ok := fields.get("source")
	if !ok {
		return nil, errors.New(`it has no "source"`)
	}
	text, err := multiline(source)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	c.Source = text
	var meta struct {
		Tags []string `json:"tags"`
	}
	if v, ok := fields.get("metadata"); ok {
		_ = json.Unmarshal(v, &meta) // tags of another shape are somebody else's
	}
	c.Tags = meta.Tags
	return c, nil
}

// multiline reads a text that may be written as a list of its lines.
func multiline(raw json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	var lines []string
	if err := json.Unmarshal(raw, &lines); err != nil {
		return "", errors.New("want a text or a list of lines")
	}
	return strings.Join(lines, ""), nil
}

// lines cuts a text after each newline, as Jupyter writes texts.
func lines(text string) []string {
	if text == "" {
		return []string{}
	}
	parts := strings.SplitAfter(text, "\n")
	if parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}

// Write writes the notebook as Jupyter does.
func (n *Notebook) Write(w io.Writer) error {
	cells := make([]members, len(n.Cells))
	for i, c := range n.Cells {
		cells[i] = c.fields
	}
	n.fields.set("cells", cells)
	raw, err := n.fields.MarshalJSON()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", " "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err = w.Write(b.Bytes())
	return err
}

// New returns an empty notebook for Go.
func New() *Notebook {
	n := &Notebook{}
	n.fields.set("cells", []any{})
	n.fields.set("metadata", map[string]any{
		"kernelspec":    map[string]any{"display_name": "Go", "language": "go", "name": "go"},
		"language_info": map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go", "pygments_lexer": "go"},
	})
	n.fields.set("nbformat", 4)
	n.fields.set("nbformat_minor", 5)
	return n
}

// Add appends a cell.
func (n *Notebook) Add(kind Kind, source string) *Cell {
	c := &Cell{Kind: kind, Source: source, Line: 1}
	c.fields.set("cell_type", kind)
	c.fields.set("id", fmt.Sprintf("cell-%d", len(n.Cells)+1))
	c.fields.set("metadata", map[string]any{})
	c.fields.set("source", lines(source))
	if kind == Code {
		c.fields.set("execution_count", nil)
		c.fields.set("outputs", []any{})
	}
	n.Cells = append(n.Cells, c)
	return c
}
