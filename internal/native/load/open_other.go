//go:build !(cgo && linux && (amd64 || arm64) && go1.26 && !go1.27)

package load

import "errors"

// Supported says that this executable can open plugins and make them one with itself.
const Supported = false

func open(string) (func(string) func(), error) {
	return nil, errors.New("this executable cannot load compiled cells")
}

func unify() error { return nil }

func thin(string) {}
