package magic

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/notebook"
	"github.com/gocluster/gocluster/internal/session"
)

const (
	loadHelp = `
  %load helpers.go       a Go file: its declarations, and its main if it has one
  %load steps.go         a script whose cells are separated by lines that begin with "// %%"
  %load analysis.ipynb   the code cells of a notebook

The cells are executed one after the other, with their magics; the first that fails ends the load. Errors name the file's lines.
`
	saveHelp = `
  %save analysis.go      a program that does what the session's cells have done
  %save -f analysis.go   the same, where the file exists

Declarations are saved as they are now; the statements of the cells that succeeded stand in func main, in the order in which they were
executed. Magics and what cells showed are not part of a program; what cannot be said in one is left out with a note.
`
	writeHelp = `
  %%writefile data.csv
  a,b
  1,2

  %%writefile -a data.csv    appends
`
)

// message is what an error says, without the words of the cell around it.
func message(err error) string {
	if cell := (*session.CellError)(nil); errors.As(err, &cell) {
		return cell.Message
	}
	return err.Error()
}

func prepareLoad(c call) (action, error) {
	name, err := oneFile(c, c.args)
	if err != nil {
		return nil, err
	}
	if strings.Contains(name, "://") {
		return nil, wrong(c, "%s is an address: get the file first, for example with !curl -O %s", name, name)
	}
	return func(ctx context.Context, h Host) error { return load(ctx, h, c, name) }, nil
}

// depth is the key of how many files in a row have loaded each other.
type depth struct{}

// maxDepth bounds that: a file may load itself.
const maxDepth = 16

// load executes the cells of a file.
func load(ctx context.Context, h Host, c call, name string) error {
	deep, _ := ctx.Value(depth{}).(int)
	if deep >= maxDepth {
		return failed("%%load: %s: %d files load each other", name, deep)
	}
	ctx = context.WithValue(ctx, depth{}, deep+1)
	at, err := h.Session().Place(ctx)
	if err != nil {
		return err
	}
	path := resolve(at, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return failed("%%load: %v", err)
	}
	nb, err := notebook.Parse(path, data)
	if err != nil {
		return failed("%%load: %s: %v", name, err)
	}
	isNotebook := strings.EqualFold(filepath.Ext(path), ".ipynb")
	base := filepath.Base(path)
	if !isNotebook {
		h.Know(gocode.Cell{Name: base, Source: string(data), Line: 1})
	}
	n := 0
	for _, cell := range nb.Cells {
		if cell.Kind != notebook.Code {
			continue
		}
		n++
		if strings.TrimSpace(cell.Source) == "" {
			continue
		}
		// The lines before the cell are empty, so that lines are the file's.
		src := gocode.Cell{N: c.src.N, Name: base, Source: strings.Repeat("\n", cell.Line-1) + cell.Source, Line: 1}
		if isNotebook {
			src.Name = base + "[" + decimal(n) + "]"
			h.Know(src)
		}
		if err := Run(ctx, h, src); err != nil {
			return err
		}
	}
	return nil
}

func prepareSave(c call) (action, error) {
	f, err := readFlags(c, nil, []string{"f"})
	if err != nil {
		return nil, err
	}
	name, err := oneFile(c, f.rest)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(name) != ".go" {
		return nil, wrong(c, "%s: a Go program's name ends in .go", name)
	}
	return func(ctx context.Context, h Host) error { return save(ctx, h, name, f.has("f")) }, nil
}

func save(ctx context.Context, h Host, name string, force bool) error {
	at, err := h.Session().Place(ctx)
	if err != nil {
		return err
	}
	path := resolve(at, name)
	if _, err := os.Stat(path); err == nil && !force {
		return failed("%%save: %s exists; %%save -f %s overwrites it", name, name)
	}
	text, notes, err := h.Session().Program()
	if err != nil {
		return failed("%%save: the session cannot be saved as a program: %v", message(err))
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return failed("%%save: %v", err)
	}
	for _, n := range notes {
		warn(h, "%%save: %s\n", n)
	}
	say(h, "saved %s (%d lines)\n", name, strings.Count(text, "\n"))
	return nil
}

func prepareWrite(c call) (action, error) {
	f, err := readFlags(c, nil, []string{"a"})
	if err != nil {
		return nil, err
	}
	name, err := oneFile(c, f.rest)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, h Host) error { return write(ctx, h, c, name, f.has("a")) }, nil
}

func write(ctx context.Context, h Host, c call, name string, extend bool) error {
	at, err := h.Session().Place(ctx)
	if err != nil {
		return err
	}
	path := resolve(at, name)
	_, err = os.Stat(path)
	verb, mode := "wrote", os.O_TRUNC
	switch {
	case extend:
		mode = os.O_APPEND
		if err == nil {
			verb = "appended to"
		}
	case err == nil:
		verb = "overwrote"
	}
	text := c.body
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n" // clients cut the last line's end off cells
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|mode, 0o644)
	if err != nil {
		return failed("%%%%writefile: %v", err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return failed("%%%%writefile: %v", err)
	}
	say(h, "%s %s\n", verb, name)
	return nil
}
