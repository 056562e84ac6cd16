package stdlib

import (
	"testing"
	"time"
)

func TestEveryPackageTypeChecks(t *testing.T) {
	start := time.Now()
	for _, p := range Paths() {
		if _, err := Shared.Import(p); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d packages in %v", len(Paths()), time.Since(start))
}

func TestDocs(t *testing.T) {
	if got := Doc("bytes", "Buffer.Write"); got == "" {
		t.Error("no doc of bytes.Buffer.Write")
	}
}
