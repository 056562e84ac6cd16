// Package api makes our own packages usable in cells: client, views, and display with what lies below it. It has their symbols for the interpreter, and what
// the front end must know of them.
package api

import (
	"maps"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/session/api/symbols"
	"github.com/gocluster/gocluster/views"
)

//go:generate go run ../../interp/gen -out symbols ../../../client ../../../views ../../../display ../../../display/comm ../../../display/widgets

const module = "github.com/gocluster/gocluster/"

// Exports are the packages' symbols.
func Exports() interp.Exports { return interp.Describe(symbols.Packages) }

// Code says what cells can use: these packages by their names, and the sources of their generic functions.
func Code() gocode.Options {
	return gocode.Options{Auto: maps.Clone(auto), Sources: map[string]string{module + "views": views.GenericSource}, Has: known}
}

var known = interp.Known(symbols.Packages...)

var auto = map[string]string{"client": module + "client", "views": module + "views", "display": module + "display",
	"comm": module + "display/comm", "widgets": module + "display/widgets"}
