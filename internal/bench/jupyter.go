package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

//go:embed cells.py
var cellsProgram string

// What measuring through Jupyter's own client needs: the kernel (`make build`) and Python with jupyter_client (`make test-jupyter`).
const (
	kernelProgram = "bin/gokernel"
	pythonUnix    = "build/venv/bin/python"
	pythonWindows = `build\venv\Scripts\python.exe`
)

// jupyter measures cells through Jupyter's own client, all in one go.
type jupyter struct {
	once  sync.Once
	times map[string]float64
	err   error
}

// throughJupyter returns a row's time through Jupyter's client, and false where that is not there to be asked.
func (b *bench) throughJupyter(ctx context.Context, name string) (time.Duration, bool) {
	b.jupyter.once.Do(func() { b.jupyter.times, b.jupyter.err = b.runJupyter(ctx) })
	if b.jupyter.err != nil {
		fmt.Fprintf(b.notes, "bench: %s is not measured through Jupyter: %v\n", name, b.jupyter.err)
		return 0, false
	}
	s, ok := b.jupyter.times[name]
	return time.Duration(s * float64(time.Second)), ok
}

func (b *bench) runJupyter(ctx context.Context) (map[string]float64, error) {
	python := pythonUnix
	if runtime.GOOS == "windows" {
		python = pythonWindows
	}
	if _, err := os.Stat(python); err != nil {
		return nil, fmt.Errorf("there is no %s here: `make test-jupyter` makes it", python)
	}
	kernel, err := filepath.Abs(kernelProgram)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(kernel); err != nil {
		return nil, fmt.Errorf("there is no %s here: `make build` makes it", kernelProgram)
	}
	dir, err := os.MkdirTemp("", "bench-kernels-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := writeSpec(filepath.Join(dir, "kernels", "go"), kernel); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "cells.py")
	if err := os.WriteFile(program, []byte(cellsProgram), 0o600); err != nil {
		return nil, err
	}
	return b.ask(ctx, exec.CommandContext(ctx, python, program, filepath.Join(dir, "kernels")), dir)
}

func writeSpec(dir, kernel string) error {
	text, err := json.Marshal(map[string]any{
		"argv": []string{kernel, "-f", "{connection_file}"}, "display_name": "Go", "language": "go", "interrupt_mode": "message",
	})
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	return errors.Join(err, os.WriteFile(filepath.Join(dir, "kernel.json"), text, 0o600))
}

func (b *bench) ask(ctx context.Context, cmd *exec.Cmd, dir string) (map[string]float64, error) {
	cells := map[string][]string{}
	for _, c := range cellRows {
		for i := range b.size(c.rounds) {
			cells[c.name] = append(cells[c.name], vary(b.source(c), i+1))
		}
	}
	in, err := json.Marshal(cells)
	if err != nil {
		return nil, err
	}
	var out, failure bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &failure
	// Nothing of the user's own Jupyter, profiles and history is read or written.
	cmd.Env = append(os.Environ(), "GOCLUSTER_DIR="+dir, "JUPYTER_RUNTIME_DIR="+dir, "JUPYTER_DATA_DIR="+dir, "JUPYTER_CONFIG_DIR="+dir)
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(failure.String()), "\n")
		return nil, fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	times := map[string]float64{}
	return times, json.Unmarshal(out.Bytes(), &times)
}
