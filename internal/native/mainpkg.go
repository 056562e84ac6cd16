package native

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// checkMain refuses an executable whose package main declares types. Those of cells are in a package main too, and for the dynamic
// linker two types of one name are one type: a cell that declares another type of that name would work on the wrong memory.
func (k *Kit) checkMain() error {
	path := k.exe.info.Path
	if k.exe.underTest() != "" {
		return nil // its package main is generated, and has none
	}
	const what = "cells cannot be compiled for this executable"
	if !own(path) {
		return &MissingError{What: what, Why: "it is a program of your own: types of its package main would be taken for those of cells",
			Remedy: "run the session in the gocluster command"}
	}
	types, err := declaredTypes(filepath.Join(k.src.dir, filepath.FromSlash(strings.TrimPrefix(path, module))))
	if err != nil || len(types) == 0 {
		return err
	}
	return &MissingError{What: what, Why: "its package main declares types, as cells do: " + strings.Join(types[:min(3, len(types))], ", "),
		Remedy: "move them to another package"}
}

// declaredTypes returns the names of the types that the files of a directory declare, also inside functions.
func declaredTypes(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if t, ok := n.(*ast.TypeSpec); ok && !t.Assign.IsValid() {
				names = append(names, t.Name.Name)
			}
			return true
		})
	}
	return names, nil
}
