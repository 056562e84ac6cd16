package spec

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// papermillModule is the Python module that writes papermill's parameters as Go.
//
//go:embed papermill/gocluster_papermill.py
var papermillModule []byte

const (
	papermillVersion = "1.0"
	papermillWheel   = "gocluster_papermill-" + papermillVersion + "-py3-none-any.whl"
)

// InstallPapermill installs the translation of papermill's parameters to Go, with pip, as the Python package gocluster-papermill; it returns the
// Python that has it then.
func InstallPapermill(w Where) (python string, err error) {
	if python, err = w.python(); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp("", "gocluster-papermill-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	wheel, err := makeWheel()
	if err != nil {
		return "", err
	}
	file := filepath.Join(tmp, papermillWheel)
	if err := os.WriteFile(file, wheel, 0o644); err != nil {
		return "", err
	}
	pip := exec.Command(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--force-reinstall", file)
	if out, err := pip.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s could not install papermill's translation of parameters to Go: %w\n%s", strings.Join(pip.Args[:3], " "), err, bytes.TrimSpace(out))
	}
	return python, nil
}

// python is the interpreter of the environment that w names.
func (w Where) python() (string, error) {
	prefix, err := w.Prefix, error(nil)
	if w.SysPrefix {
		prefix, err = sysPrefix()
	}
	if err != nil {
		return "", err
	}
	if prefix == "" {
		for _, name := range []string{"python3", "python"} {
			if path, err := exec.LookPath(name); err == nil {
				return path, nil
			}
		}
		return "", errors.New("there is no python3 for papermill's translation of parameters")
	}
	names := []string{"bin/python3", "bin/python"}
	if runtime.GOOS == "windows" {
		names = []string{"Scripts/python.exe", "python.exe"}
	}
	for _, name := range names {
		path := filepath.Join(prefix, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("there is no Python in %s for papermill's translation of parameters", prefix)
}

// makeWheel packs the Python package.
func makeWheel() ([]byte, error) {
	info := "gocluster_papermill-" + papermillVersion + ".dist-info/"
	files := []struct{ name, text string }{
		{"gocluster_papermill.py", string(papermillModule)},
		{info + "METADATA", "Metadata-Version: 2.1\nName: gocluster-papermill\nVersion: " + papermillVersion +
			"\nSummary: Parameters of notebooks in Go, for papermill\nRequires-Dist: papermill\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: gocluster\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		// papermill knows no entry points for translators; those for engines are imported when it starts.
		{info + "entry_points.txt", "[papermill.engine]\ngo = gocluster_papermill:Engine\n"},
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	record := ""
	add := func(name, text string) error {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		return err
	}
	for _, f := range files {
		if err := add(f.name, f.text); err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(f.text))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.text))
	}
	if err := add(info+"RECORD", record+info+"RECORD,,\n"); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}
