package widgets

import (
	"maps"
	"slices"
)

// split takes the bytes out of a state: they are sent as buffers, with the paths to where they belong.
func split(state map[string]any) (rest map[string]any, paths [][]any, buffers [][]byte) {
	paths = [][]any{}
	var walk func(v any, path []any) (any, bool)
	walk = func(v any, path []any) (any, bool) {
		switch x := v.(type) {
		case []byte:
			paths, buffers = append(paths, slices.Clone(path)), append(buffers, x)
			return nil, true
		case map[string]any:
			out := make(map[string]any, len(x))
			for _, name := range slices.Sorted(maps.Keys(x)) {
				if in, gone := walk(x[name], append(path, name)); !gone {
					out[name] = in
				}
			}
			return out, false
		case []any:
			out := make([]any, len(x))
			for i := range x {
				out[i], _ = walk(x[i], append(path, i)) // what is gone leaves a null, so that the others keep their places
			}
			return out, false
		}
		return v, false
	}
	whole, _ := walk(state, nil)
	return whole.(map[string]any), paths, buffers
}

// join puts buffers back to where they belong. Paths that lead nowhere are the sender's mistake, and lead nowhere.
func join(state map[string]any, paths [][]any, buffers [][]byte) {
	for i, path := range paths {
		if i >= len(buffers) || len(path) == 0 {
			return
		}
		var at any = state
		for _, step := range path[:len(path)-1] {
			at = child(at, step)
		}
		put(at, path[len(path)-1], buffers[i])
	}
}

func child(v, step any) any {
	switch x := v.(type) {
	case map[string]any:
		if name, ok := step.(string); ok {
			return x[name]
		}
	case []any:
		if i, ok := step.(float64); ok && int(i) >= 0 && int(i) < len(x) {
			return x[int(i)]
		}
	}
	return nil
}

func put(v, step any, b []byte) {
	switch x := v.(type) {
	case map[string]any:
		if name, ok := step.(string); ok {
			x[name] = b
		}
	case []any:
		if i, ok := step.(float64); ok && int(i) >= 0 && int(i) < len(x) {
			x[int(i)] = b
		}
	}
}
