package gocode

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// imports returns the import declarations that a cell needs besides its own: those of earlier cells that it may use, and
// packages imported by use. used lists the latter, by path.
func (s *Session) imports(p *parsed) (text string, used []string) {
	have := map[string]bool{}
	for _, sp := range p.imports {
		have[s.importName(sp)] = true
	}
	var b strings.Builder
	add := func(name, path string) {
		have[name] = true
		fmt.Fprintf(&b, "import %s %q\n", name, path)
	}
	for _, d := range s.env.dots {
		fmt.Fprintf(&b, "import . %q\n", d)
	}
	defined := map[string]bool{}
	for _, g := range p.segs {
		for _, n := range g.names {
			defined[n] = true
		}
	}
	for _, name := range selected(p.cell.Source) {
		if have[name.x] || s.vars[name.x] != nil || s.live[name.x] != nil {
			continue
		}
		if imported, ok := s.env.names[name.x]; ok {
			add(name.x, imported)
			continue
		}
		if defined[name.x] || types.Universe.Lookup(name.x) != nil {
			continue
		}
		if auto, ok := s.opts.Auto[name.x]; ok {
			add(name.x, auto)
			used = append(used, auto)
		} else if one := std(name.x, name.sels...); one != "" {
			add(name.x, one)
			used = append(used, one)
		}
	}
	return b.String(), used
}

// std returns the one package of the standard library that a use can mean, judging by what is selected from it. Of two versions
// of a package it is the newer.
func std(name string, sels ...string) string {
	var fit []string
	for _, p := range stdlib.Named(name) {
		pkg, err := stdlib.Shared.Import(p)
		if err == nil && !slices.ContainsFunc(sels, func(sel string) bool { return pkg.Scope().Lookup(sel) == nil }) {
			fit = append(fit, p)
		}
	}
	if len(stdlib.Named(name)) == 1 {
		return stdlib.Named(name)[0]
	}
	if len(fit) == 2 && fit[1] == fit[0]+"/v2" {
		return fit[1]
	}
	if len(fit) == 1 && len(sels) > 0 {
		return fit[0]
	}
	return ""
}

type selection struct {
	x    string
	sels []string
}

// selected lists what the text selects from plain names, such as fmt.Println, by name.
func selected(src string) []selection {
	toks := scan(src)
	var out []selection
	at := map[string]int{}
	for i := 0; i+2 < len(toks); i++ {
		if toks[i].tok != token.IDENT || toks[i+1].tok != token.PERIOD || toks[i+2].tok != token.IDENT ||
			i > 0 && toks[i-1].tok == token.PERIOD || !ast.IsExported(toks[i+2].lit) {
			continue
		}
		n, ok := at[toks[i].lit]
		if !ok {
			n = len(out)
			at[toks[i].lit] = n
			out = append(out, selection{x: toks[i].lit})
		}
		out[n].sels = append(out[n].sels, toks[i+2].lit)
	}
	return out
}

// missing refuses packages that the interpreter does not have, where lowered code needs them or they are imported for what they do.
func (pl *planner) missing() Diagnostics {
	s := pl.s
	if s.opts.Compiled || s.opts.Has == nil {
		return nil
	}
	var ds Diagnostics
	for _, sp := range pl.p.file.Imports {
		path, _ := strconv.Unquote(sp.Path.Value)
		blank := sp.Name != nil && sp.Name.Name == "_" && path != "unsafe" && path != "embed"
		if s.opts.Has(path, "") || hasSource(s.opts, path) || !blank && !pl.file.Needs(path) {
			continue
		}
		at := position(s.fset.Position(sp.Path.Pos()))
		ds = append(ds, Diagnostic{
			Position: at, EndCol: at.Col + len(sp.Path.Value), Message: "the interpreter does not run package " + path + " faithfully",
			Hint: "compiled cells can use it: %tier native",
		})
	}
	return ds
}

func (s *Session) importName(sp *ast.ImportSpec) string {
	if sp.Name != nil {
		return sp.Name.Name
	}
	p, _ := strconv.Unquote(sp.Path.Value)
	if pkg, err := s.Import(p); err == nil {
		return pkg.Name()
	}
	return path.Base(p)
}

// chosen says which package a name was taken for, where there are several of that name.
func chosen(paths []string) []string {
	var notes []string
	for _, p := range paths {
		pkg, err := stdlib.Shared.Import(p)
		if err != nil {
			continue
		}
		if all := stdlib.Named(pkg.Name()); len(all) > 1 {
			notes = append(notes, fmt.Sprintf("%s is %s here (an import says otherwise; there are %s)", pkg.Name(), p, strings.Join(all, ", ")))
		}
	}
	return notes
}

// usedImports keeps those packages imported by use that the cell does use.
func usedImports(c *checked, p *parsed, auto []string) []string {
	var out []string
	for _, obj := range c.info.Uses {
		if pn, ok := obj.(*types.PkgName); ok && slices.Contains(auto, pn.Imported().Path()) && !slices.Contains(out, pn.Imported().Path()) {
			out = append(out, pn.Imported().Path())
		}
	}
	slices.Sort(out)
	return out
}

// environment is the session's imports after the cell.
func (pl *planner) environment() environment {
	e := environment{names: maps.Clone(pl.s.env.names), dots: slices.Clone(pl.s.env.dots), blank: pl.s.env.blank}
	for _, sp := range pl.p.file.Imports {
		p, _ := strconv.Unquote(sp.Path.Value)
		switch name := pl.s.importName(sp); name {
		case ".":
			if !slices.Contains(e.dots, p) {
				e.dots = append(e.dots, p)
			}
		case "_":
			e.blank = append(e.blank, p)
		default:
			e.names[name] = p
		}
	}
	return e
}
