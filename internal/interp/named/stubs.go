//go:build amd64 || arm64

package named

// stubCount is how many stubs the assembly has, stubSize their distance.
const (
	stubCount = 4096
	stubSize  = 16
)

// firstStub is where the stubs begin.
func firstStub() uintptr
