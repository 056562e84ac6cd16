package session

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/session/api"
)

// executableDir is removed after the tests.
var executableDir string

// executable builds a process for sessions once: a test's own executable has other builds of the packages under test than plugins get.
var executable = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "session")
	if err != nil {
		return "", err
	}
	executableDir = dir
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
	return &notebook{t: t, s: start(t, nativeOptions(t, o))}
}

// nativeOptions makes options those of a native session.
func nativeOptions(t testing.TB, o Options) Options {
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
	return o
}

// BenchmarkNativeCell has cells of a new text each.
func BenchmarkNativeCell(b *testing.B) {
	for name, src := range map[string]string{"light": "x = %d", "compiled": "for i := range %d { x += i }"} {
		b.Run(name, func(b *testing.B) {
			s, err := Start(b.Context(), nativeOptions(b, Options{}))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			execute := func(n int, src string) {
				if _, err := s.Execute(b.Context(), gocode.Cell{N: n, Name: fmt.Sprintf("In[%d]", n), Source: src}, &record{}); err != nil {
					b.Fatal(err)
				}
			}
			execute(1, "x := 0")
			for n := 2; b.Loop(); n++ {
				execute(n, fmt.Sprintf(src, int(time.Now().UnixNano()%1e9)))
			}
		})
	}
}

// BenchmarkNativeStart is the time until the first cell of a session has been compiled and run.
func BenchmarkNativeStart(b *testing.B) {
	o := nativeOptions(b, Options{})
	for b.Loop() {
		s, err := Start(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Execute(b.Context(), gocode.Cell{N: 1, Name: "In[1]", Source: fmt.Sprintf("for range %d { }", time.Now().UnixNano()%1e6)}, &record{}); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// tiered runs a test in both tiers.
func tiered(t *testing.T, test func(t *testing.T, open func(*testing.T, Options) *notebook)) {
	t.Run("interpreted", func(t *testing.T) {
		test(t, func(t *testing.T, o Options) *notebook { return &notebook{t: t, s: start(t, o)} })
	})
	t.Run("native", func(t *testing.T) { test(t, compiled) })
}
