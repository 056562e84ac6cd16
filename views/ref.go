package views

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
)

// Reference stands for a value that lives on engines; [Ref] makes one.
type Reference struct {
	name string
	typ  reflect.Type
}

// NewReference is [Ref] for the type that ptr points to.
func NewReference(name string, ptr any) Reference {
	r := Reference{name: name}
	if t := reflect.TypeOf(ptr); t != nil && t.Kind() == reflect.Pointer {
		r.typ = t.Elem()
	}
	return r
}

func (r Reference) String() string { return fmt.Sprintf("views.Ref[%v](%q)", r.typ, r.name) }

// CannotLeave says why a reference is not sent as a value, as what a function captures is.
func (Reference) CannotLeave() string {
	return "it stands for an engine's value only where it is an argument of Apply or an input of Map: give the function a parameter for it"
}

// check reports what keeps the reference from being the argument for a parameter.
func (r Reference) check(param reflect.Type) error {
	var names proto.JobSpec
	switch {
	case r.typ == nil:
		return errors.New("is no reference that views.Ref has made")
	case addName(&names, r.name, true) != nil:
		return fmt.Errorf("is %v, and %q is no name of a Go variable", r, r.name)
	case r.typ != param && reflect.PointerTo(r.typ) != param:
		return fmt.Errorf("is %v, the parameter is %s: it must be %s, or *%s to change the variable", r, param, r.typ, r.typ)
	}
	return nil
}

// largeArgs makes objects of a call's large arguments, which all engines get: they go to a machine once.
func largeArgs(spec *proto.JobSpec) (objects []*proto.Object) {
	for i, b := range spec.Inputs {
		if b.Kind != proto.BlockVar || len(b.Data) < largeValue {
			continue
		}
		if spec.Names == nil {
			spec.Names, spec.Types = make([]string, len(spec.Inputs)), make([]string, len(spec.Inputs))
		}
		if spec.Objects == nil {
			spec.Objects = make([]proto.Hash, len(spec.Inputs))
		}
		o := &proto.Object{Hash: proto.HashOf(b.Data), Data: b.Data, Size: len(b.Data)}
		objects, spec.Objects[i] = append(objects, o), o.Hash
		spec.Inputs[i] = proto.Block{Kind: proto.BlockNone, N: 1}
	}
	return objects
}

// refer notes in a call which of its inputs are references: their names and types, one for each parameter, empty for the others.
func refer(spec *proto.JobSpec, ins []input) {
	for i, in := range ins {
		if in.ref == nil {
			continue
		}
		if spec.Names == nil {
			spec.Names, spec.Types = make([]string, len(ins)), make([]string, len(ins))
		}
		spec.Names[i], spec.Types[i] = in.ref.name, codec.TypeText(in.param)
	}
}
