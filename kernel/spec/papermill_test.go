package spec

import (
	"archive/zip"
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheWheelListsItsFiles(t *testing.T) {
	wheel, err := makeWheel()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(wheel), int64(len(wheel)))
	if err != nil {
		t.Fatal(err)
	}
	record := z.File[len(z.File)-1]
	r, err := record.Open()
	if err != nil {
		t.Fatal(err)
	}
	list, err := io.ReadAll(r)
	if err != nil || filepath.Base(record.Name) != "RECORD" {
		t.Fatalf("the last file is %s: %v", record.Name, err)
	}
	for _, f := range z.File {
		if !strings.Contains(string(list), f.Name+",") {
			t.Errorf("RECORD does not list %s:\n%s", f.Name, list)
		}
	}
}

func TestPapermillNeedsAPython(t *testing.T) {
	_, err := InstallPapermill(Where{Prefix: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "there is no Python in") {
		t.Errorf("got %v", err)
	}
}
