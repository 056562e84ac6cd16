package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// testDirs are the directories of GOROOT/test that have programs of one file.
var testDirs = []string{".", "abi", "chan", "fixedbugs", "interface", "ken", "typeparam"}

// excluded are the programs of GOROOT/test that say nothing about a notebook, with the reason.
func excluded(o options) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(o.testdir, "excluded.txt"))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, why, ok := strings.Cut(line, ": ")
		if !ok {
			return nil, fmt.Errorf("excluded.txt: %q has no reason", line)
		}
		out[name] = why
	}
	return out, nil
}

// goroot collects Go's own tests that consist of one program to be run without flags.
func goroot(ctx context.Context, o options) (items []item, skipped []skip, err error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, nil, fmt.Errorf("where is Go's test directory: %w", err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "test")
	if _, err := os.Stat(root); err != nil {
		return nil, []skip{{"goroot", "this Go came without its test directory"}}, nil
	}
	not, err := excluded(o)
	if err != nil {
		return nil, nil, err
	}
	for _, dir := range testDirs {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return nil, nil, err
		}
		for _, file := range files {
			name := filepath.ToSlash(filepath.Join(dir, filepath.Base(file)))
			it, ok, err := gorootItem(file, name)
			switch why := not[name]; {
			case err != nil:
				return nil, nil, err
			case ok && why != "":
				skipped = append(skipped, skip{"goroot/" + name, why})
			case ok:
				items = append(items, it)
			}
		}
	}
	return items, skipped, nil
}

// gorootItem reads a test. Its output must be what the file beside it says, or empty.
func gorootItem(file, name string) (it item, ok bool, err error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return item{}, false, err
	}
	if head, _, _ := bytes.Cut(src, []byte("\n")); strings.TrimSpace(string(head)) != "// run" {
		return item{}, false, nil
	}
	if match, err := build.Default.MatchFile(filepath.Dir(file), filepath.Base(file)); err != nil || !match {
		return item{}, false, err
	}
	want, err := os.ReadFile(strings.TrimSuffix(file, ".go") + ".out")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return item{}, false, err
	}
	ref := reference{Stdout: string(want), mixed: true}
	return item{group: "goroot", name: strings.TrimSuffix(name, ".go"), cells: []string{string(src)}, judge: ref.judge}, true, nil
}
