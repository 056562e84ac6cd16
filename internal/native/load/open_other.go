//go:build !cgo || !(linux || darwin)

package load

import (
	"errors"
	"runtime"
)

// Supported says that this executable can open plugins.
const Supported = false

func open(string) (func(string) func(), error) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return nil, errors.New("Go has no plugins on " + runtime.GOOS)
	}
	return nil, errors.New("this executable was built without cgo and cannot open plugins: build it with CGO_ENABLED=1")
}
