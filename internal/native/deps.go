package native

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// deps builds the plugins that initialise what a cell needs and the executable lacks, in the order to open them.
func (k *Kit) deps(ctx context.Context, c *config, imports []string) ([]string, error) {
	closure, err := k.closure(c, imports)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(closure, func(p string) bool { return c.Host[p] || p == "runtime/cgo" || p == "runtime/race" })
	if len(missing) == 0 {
		return nil, nil
	}
	source, err := k.depsSource(c, missing)
	if err != nil {
		return nil, err
	}
	p, err := k.depsPlugin(ctx, c, source, missing)
	var refused *BuildError
	if errors.As(err, &refused) { // something that a package exports cannot be referred to: then less is kept
		k.o.Log.Warn("a deps plugin cannot refer to everything", "packages", missing, "err", err)
		p, err = k.depsPlugin(ctx, c, blankSource(missing), missing)
	}
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", strings.Join(imports, ", "), err)
	}
	return []string{p.Cell}, nil
}

func (k *Kit) depsPlugin(ctx context.Context, c *config, source string, imports []string) (Plugins, error) {
	path := "p/deps-" + digest(source)[:16]
	return k.once(ctx, c, unit{path: path, plugin: path, source: source, imports: append(slices.Clone(imports), "plugin")})
}

// blankSource only initialises packages.
func blankSource(paths []string) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport _ \"plugin\"\n")
	for _, p := range paths {
		fmt.Fprintf(&b, "import _ %q\n", p)
	}
	return b.String()
}

// depsSource refers to everything that packages export, so that the plugin has all of it: a cell that is opened later may need
// what the linker would leave out here, and what the first plugin has counts. Importing plugin keeps the linker from leaving out
// the initial values of maps.
func (k *Kit) depsSource(c *config, paths []string) (string, error) {
	var imports, refs strings.Builder
	for i, p := range paths {
		tp, err := k.exported(c, p)
		if err != nil {
			return "", err
		}
		name := fmt.Sprintf("p%d", i)
		n := refs.Len()
		references(&refs, name, tp)
		if refs.Len() == n {
			name = "_"
		}
		fmt.Fprintf(&imports, "import %s %q\n", name, p)
	}
	return fmt.Sprintf("package main\n\nimport _ \"plugin\"\n%s\nvar Keep = []any{\n%s}\n", &imports, &refs), nil
}

// references writes one operand per exported function, variable and type that is not generic.
func references(b *strings.Builder, name string, p *types.Package) {
	for _, n := range p.Scope().Names() {
		if !token.IsExported(n) {
			continue
		}
		switch o := p.Scope().Lookup(n).(type) {
		case *types.Func:
			if o.Signature().TypeParams().Len() == 0 {
				fmt.Fprintf(b, "\t%s.%s,\n", name, n)
			}
		case *types.Var:
			fmt.Fprintf(b, "\t&%s.%s,\n", name, n)
		case *types.TypeName:
			if !generic(o.Type()) && !constraint(o.Type()) {
				fmt.Fprintf(b, "\t(*%s.%s)(nil),\n", name, n)
			}
		}
	}
}

// constraint reports whether a type is an interface that no variable can have.
func constraint(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && !i.IsMethodSet()
}

func generic(t types.Type) bool {
	switch t := t.(type) {
	case *types.Named:
		return t.TypeParams().Len() > t.TypeArgs().Len()
	case *types.Alias:
		return t.TypeParams().Len() > t.TypeArgs().Len()
	}
	return false
}
