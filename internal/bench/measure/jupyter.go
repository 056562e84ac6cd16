package measure

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

// throughJupyter returns a cell's time through Jupyter's own client, and false where that is not there to be asked.
func (b *bench) throughJupyter(ctx context.Context, c cellRow) (time.Duration, bool) {
	d, err := b.runJupyter(ctx, c)
	if err != nil {
		fmt.Fprintf(b.notes, "bench: %s is not measured through Jupyter: %v\n", c.name, err)
	}
	return d, err == nil
}

func (b *bench) runJupyter(ctx context.Context, c cellRow) (time.Duration, error) {
	python := pythonUnix
	if runtime.GOOS == "windows" {
		python = pythonWindows
	}
	if _, err := os.Stat(python); err != nil {
		return 0, fmt.Errorf("there is no %s here: `make test-jupyter` makes it", python)
	}
	kernel, err := filepath.Abs(kernelProgram)
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(kernel); err != nil {
		return 0, fmt.Errorf("there is no %s here: `make build` makes it", kernelProgram)
	}
	dir, err := os.MkdirTemp("", "bench-kernels-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := writeSpec(filepath.Join(dir, "kernels", "go"), kernel); err != nil {
		return 0, err
	}
	program := filepath.Join(dir, "cells.py")
	if err := os.WriteFile(program, []byte(cellsProgram), 0o600); err != nil {
		return 0, err
	}
	return b.ask(c, exec.CommandContext(ctx, python, program, filepath.Join(dir, "kernels")), dir)
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

func (b *bench) ask(c cellRow, cmd *exec.Cmd, dir string) (time.Duration, error) {
	var cells []string
	for i := range b.size(c.rounds) {
		cells = append(cells, vary(b.source(c), i+501))
	}
	in, err := json.Marshal(cells)
	if err != nil {
		return 0, err
	}
	var out, failure bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &failure
	// Nothing of the user's own Jupyter, profiles and history is read or written.
	cmd.Env = append(os.Environ(), "GOCLUSTER_DIR="+dir, "JUPYTER_RUNTIME_DIR="+dir, "JUPYTER_DATA_DIR="+dir, "JUPYTER_CONFIG_DIR="+dir)
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(failure.String()), "\n")
		return 0, fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	var seconds float64
	if err := json.Unmarshal(out.Bytes(), &seconds); err != nil {
		return 0, fmt.Errorf("the times of the cells: %w", err)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
