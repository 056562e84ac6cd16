package native

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// deps builds the plugins that initialise what a cell needs and the executable lacks, in the order to open them.
func (k *Kit) deps(ctx context.Context, c *config, imports []string) ([]string, error) {
	closure, err := k.closure(c, imports)
	if err != nil {
		return nil, err
	}
	roots := k.roots()
	missing := slices.DeleteFunc(closure, func(p string) bool { return c.Host[p] || slices.Contains(roots, p) })
	if len(missing) == 0 {
		return nil, nil
	}
	source := depsSource(missing)
	path := "p/deps-" + digest(c.archives(missing)...)[:16] // other builds of them are another plugin
	p, err := k.once(ctx, c, unit{path: path, plugin: path, source: source, imports: append(missing, "plugin")})
	var refused *BuildError
	if errors.As(err, &refused) {
		return nil, fmt.Errorf("%s cannot be made part of a session: %s", strings.Join(imports, ", "), refused.Text)
	}
	if err != nil {
		return nil, err
	}
	return []string{p.Cell}, nil
}

// depsSource is a plugin that only initialises packages. The import of package plugin matters: without it the linker leaves out the
// initial values of large maps that nothing in this plugin refers to, and a cell that does would find them empty.
func depsSource(paths []string) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport _ \"plugin\"\n")
	for _, p := range paths {
		fmt.Fprintf(&b, "import _ %q\n", p)
	}
	return b.String()
}
