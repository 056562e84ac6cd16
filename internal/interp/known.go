package interp

import (
	"sync"

	"github.com/gocluster/gocluster/internal/interp/std/basic"
	"github.com/gocluster/gocluster/internal/interp/std/data"
	stdnet "github.com/gocluster/gocluster/internal/interp/std/net"
	"github.com/gocluster/gocluster/internal/interp/symbols"
)

// Known tells which symbols of compiled packages there are: those of the standard library and of more.
func Known(more ...*symbols.Package) func(path, name string) bool {
	names := sync.OnceValue(func() map[string]map[string]bool {
		known := map[string]map[string]bool{"unsafe": {"": true}}
		for _, pkgs := range [][]*symbols.Package{basic.Packages, data.Packages, stdnet.Packages, more} {
			for _, p := range pkgs {
				known[p.Path] = p.Names()
			}
		}
		return known
	})
	return func(path, name string) bool { return names()[path][name] }
}
