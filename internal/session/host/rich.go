package host

// Rich is a value of interpreted code with those of its methods by which it shows itself: compiled code cannot find them.
type Rich struct {
	Value   any
	Methods map[string]any
}

// Show is how interpreted code hands over such a value: names of methods, each followed by the method bound to the value.
func Show(value any, methods ...any) any {
	r := &Rich{Value: value, Methods: map[string]any{}}
	for i := 0; i+1 < len(methods); i += 2 {
		if name, ok := methods[i].(string); ok {
			r.Methods[name] = methods[i+1]
		}
	}
	return r
}
