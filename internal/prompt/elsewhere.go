package prompt

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// openEditor has a person edit a text in the editor of their choice.
func openEditor(ctx context.Context, text string, in *os.File, out io.Writer) (string, error) {
	dir, err := os.MkdirTemp("", "gocluster-edit-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "cell.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", err
	}
	otherwise := "vi"
	if runtime.GOOS == "windows" {
		otherwise = "notepad"
	}
	words := strings.Fields(cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"), otherwise))
	c := exec.CommandContext(ctx, words[0], append(words[1:], file)...)
	c.Stdin, c.Stdout, c.Stderr = in, out, out
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("the editor %s failed (set EDITOR to use another): %w", words[0], err)
	}
	edited, err := os.ReadFile(file)
	return strings.TrimRight(strings.ReplaceAll(string(edited), "\r\n", "\n"), "\n"), err
}
