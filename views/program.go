package views

import (
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/unit"
)

// fromProgram finds the source of a function of a compiled program.
func fromProgram(f any) (*unit.Unit, error) { return gocode.FromProgram(f) }
