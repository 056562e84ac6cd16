package native

import (
	"strings"
	"testing"
)

func TestWhatAnExecutableLacksIsSaid(t *testing.T) {
	for _, c := range []struct{ goos, goarch, version, want string }{
		{"windows", "amd64", "go1.26.1", "in WSL"},
		{"darwin", "arm64", "go1.26.1", "on darwin the method tables"},
		{"linux", "riscv64", "go1.26.1", "not for riscv64"},
		{"linux", "amd64", "go1.27", "built by go1.27"},
		{"linux", "arm64", "go1.26.8", "without cgo"},
	} {
		if got := unsupported(c.goos, c.goarch, c.version).Error(); !strings.Contains(got, c.want) {
			t.Errorf("%s/%s, %s: %q lacks %q", c.goos, c.goarch, c.version, got, c.want)
		}
	}
}
