package session

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/session/api"
)

// executable builds a process for sessions once: a test's own executable has other builds of the packages under test than plugins get.
var executable = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "session")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "child")
	args := []string{"build", "-o", exe}
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "./testdata/child")...).CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return exe, nil
})

// compiled starts a session whose cells are compiled.
func compiled(t *testing.T, o Options) *notebook {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no plugins on Windows")
	}
	if kit, err := native.Find(t.Context(), native.Options{}); err != nil {
		t.Skip("the native tier is not available here: ", err)
	} else if err := kit.Close(); err != nil {
		t.Error(err)
	}
	exe, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Tier, o.Executable, o.Code = TierNative, exe, api.Code()
	return &notebook{t: t, s: start(t, o)}
}

// tiered runs a test in both tiers.
func tiered(t *testing.T, test func(t *testing.T, open func(*testing.T, Options) *notebook)) {
	t.Run("interpreted", func(t *testing.T) {
		test(t, func(t *testing.T, o Options) *notebook { return &notebook{t: t, s: start(t, o)} })
	})
	t.Run("native", func(t *testing.T) { test(t, compiled) })
}
