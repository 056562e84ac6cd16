//go:build cgo && linux && (amd64 || arm64) && go1.26 && !go1.27

package load

import "plugin"

// Supported says that this executable can open plugins and make them one with itself.
const Supported = true

// open returns a function that finds the plugin's functions by name; nil for those it lacks.
func open(file string) (func(name string) func(), error) {
	p, err := plugin.Open(file)
	if err != nil {
		return nil, err
	}
	return func(name string) func() {
		sym, err := p.Lookup(name)
		if err != nil {
			return nil
		}
		f, _ := sym.(func())
		return f
	}, nil
}
