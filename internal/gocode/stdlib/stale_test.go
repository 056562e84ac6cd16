package stdlib

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode/stdlib/stub"
)

// TestArchivesAreFresh fails when our API, or the standard library, is no longer what the archives say.
func TestArchivesAreFresh(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command to compare with")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the archives are made on linux/amd64")
	}
	std, api, err := stub.Archives("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"std.zip": std, "api.zip": api} {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(got, []byte(runtime.Version())) {
			t.Logf("%s was made by another Go than %s: not compared", name, runtime.Version())
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./internal/gocode/... and commit it", name)
		}
	}
}
