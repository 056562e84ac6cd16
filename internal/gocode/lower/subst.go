package lower

import "go/types"

// substitution replaces type parameters.
type substitution map[*types.TypeParam]types.Type

func bind(params *types.TypeParamList, args []types.Type) substitution {
	s := substitution{}
	for i := range params.Len() {
		s[params.At(i)] = args[i]
	}
	return s
}

func (s substitution) apply(t types.Type) types.Type {
	if len(s) == 0 || t == nil {
		return t
	}
	switch t := t.(type) {
	case *types.TypeParam:
		if r, ok := s[t]; ok {
			return r
		}
	case *types.Alias:
		return s.apply(types.Unalias(t))
	case *types.Named:
		return s.named(t)
	case *types.Pointer:
		return types.NewPointer(s.apply(t.Elem()))
	case *types.Slice:
		return types.NewSlice(s.apply(t.Elem()))
	case *types.Array:
		return types.NewArray(s.apply(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(s.apply(t.Key()), s.apply(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), s.apply(t.Elem()))
	case *types.Tuple:
		return s.tuple(t)
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, s.tuple(t.Params()), s.tuple(t.Results()), t.Variadic())
	case *types.Struct:
		fields := make([]*types.Var, t.NumFields())
		tags := make([]string, t.NumFields())
		for i := range fields {
			f := t.Field(i)
			fields[i], tags[i] = types.NewField(f.Pos(), f.Pkg(), f.Name(), s.apply(f.Type()), f.Embedded()), t.Tag(i)
		}
		return types.NewStruct(fields, tags)
	case *types.Interface:
		return s.iface(t)
	case *types.Union:
		terms := make([]*types.Term, t.Len())
		for i := range terms {
			terms[i] = types.NewTerm(t.Term(i).Tilde(), s.apply(t.Term(i).Type()))
		}
		return types.NewUnion(terms)
	}
	return t
}

func (s substitution) named(t *types.Named) types.Type {
	args := t.TypeArgs()
	if args.Len() == 0 {
		return t
	}
	as := s.list(args)
	r, err := types.Instantiate(contexts, t.Origin(), as, false)
	if err != nil {
		return t
	}
	return r
}

// contexts makes the same instance of a type one type.
var contexts = types.NewContext()

func (s substitution) list(l *types.TypeList) []types.Type {
	out := make([]types.Type, l.Len())
	for i := range out {
		out[i] = s.apply(l.At(i))
	}
	return out
}

func (s substitution) tuple(t *types.Tuple) *types.Tuple {
	if t.Len() == 0 {
		return t
	}
	vs := make([]*types.Var, t.Len())
	for i := range vs {
		v := t.At(i)
		vs[i] = types.NewParam(v.Pos(), v.Pkg(), v.Name(), s.apply(v.Type()))
	}
	return types.NewTuple(vs...)
}

func (s substitution) iface(t *types.Interface) types.Type {
	var ms []*types.Func
	for m := range t.ExplicitMethods() {
		ms = append(ms, types.NewFunc(m.Pos(), m.Pkg(), m.Name(), s.apply(m.Type()).(*types.Signature)))
	}
	var es []types.Type
	for e := range t.EmbeddedTypes() {
		es = append(es, s.apply(e))
	}
	return types.NewInterfaceType(ms, es).Complete()
}
