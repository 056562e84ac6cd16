package views

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/internal/unit/build"
	"github.com/gocluster/gocluster/internal/unit/self"
)

// fromProgram finds the source of a function of a compiled program. Where the source is not enough, because it uses packages of other
// modules, the program ships itself: captured is the function's name then.
func fromProgram(f any) (u *unit.Unit, captured []any, err error) {
	u, err = gocode.FromProgram(f)
	if err == nil {
		return u, nil, nil
	}
	if unsound := gocode.Fresh(f); unsound != nil {
		if errors.As(err, new(*gocode.ForeignError)) {
			return nil, nil, unsound
		}
		return nil, nil, err
	}
	fn, why := self.Of(f)
	if why == nil {
		_, why = self.Program()
	}
	if why != nil {
		return nil, nil, fmt.Errorf("%w; nor can the program ship itself: %w", err, why)
	}
	return ofItself(fn.Name, reflect.TypeOf(f), err), []any{&fn}, nil
}

// ofItself is the unit of a function of a program that ships itself.
func ofItself(name string, t reflect.Type, why error) *unit.Unit {
	n := t.NumOut()
	return &unit.Unit{
		Name: name, Self: true, Native: "only the program itself can run it: " + why.Error(),
		Captures: []unit.Capture{{Name: "the function"}}, Variadic: t.IsVariadic(), Fails: n > 0 && t.Out(n-1) == errorType,
	}
}

// compiler is what makes a unit's programs.
func (c *compilation) compiler() build.Compiler {
	if c.unit.Self {
		return itself{}
	}
	return build.Default()
}

// itself has the running program for every unit.
type itself struct{}

// Prepare does nothing.
func (itself) Prepare(context.Context, string) error { return nil }

// Cached returns the program, which has been read before.
func (i itself) Cached(u *unit.Unit, platform string) (*proto.Object, bool) {
	o, err := i.Build(context.Background(), u, platform)
	return o, err == nil
}

// Build returns the program, for its own platform.
func (itself) Build(_ context.Context, _ *unit.Unit, platform string) (*proto.Object, error) {
	if platform != build.Here() {
		return nil, errors.New("the program is for " + build.Here() + ", and engines are on " + platform)
	}
	return self.Program()
}
