package gocode

import (
	"fmt"

	"github.com/gocluster/gocluster/internal/unit"
)

// UnitOf returns the unit that a function of the session would be shipped as. The session stays as it is.
func (s *Session) UnitOf(function string) (*unit.Unit, error) {
	plan, err := s.Plan(Cell{Name: "%unit", Source: "var unit__ any = " + function, Aside: true})
	if err != nil {
		return nil, err
	}
	if len(plan.Units) != 1 {
		return nil, fmt.Errorf("%s is no function that the session knows the source of", function)
	}
	return plan.Units[0], nil
}
