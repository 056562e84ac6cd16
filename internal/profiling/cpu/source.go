package cpu

import "embed"

// Source is this package's own source. A program made of a unit is compiled from it, wherever the executable is.
//
//go:embed *.go
var Source embed.FS
