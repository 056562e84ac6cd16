package native

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	shared "github.com/gocluster/gocluster/internal/toolchain"
)

// toolchain is a Go toolchain of this executable's version, with its settings as the user has them.
type toolchain struct {
	gocmd string
	env   []string // for every command: the process's, the session's, ours
	vars  goenv
	cc    string // the file of the C compiler
}

// goenv is what go env says, in the user's working directory.
type goenv struct {
	GOVERSION, GOROOT, GOTOOLDIR, GOTOOLCHAIN, GOCACHE, GOMODCACHE, GOFLAGS, GOMOD, GOWORK, CC, CXX string
}

// findToolchain finds a Go toolchain of the version that built this executable.
func findToolchain(ctx context.Context, work string, env []string) (*toolchain, error) {
	remedy := "install " + runtime.Version() + " and have its go command on the PATH"
	gocmd, err := shared.Go(env)
	if err != nil {
		return nil, &MissingError{What: "no Go toolchain found", Why: "no go command on the PATH", Remedy: remedy}
	}
	t := &toolchain{gocmd: gocmd, env: env}
	if err := t.ask(ctx, work); err != nil {
		return nil, &MissingError{What: "the go command does not work", Why: err.Error(), Remedy: remedy}
	}
	if t.vars.GOVERSION != runtime.Version() && t.vars.GOTOOLCHAIN != "local" && t.downloaded() {
		t.env = append(slices.Clip(env), "GOTOOLCHAIN="+runtime.Version())
		if err := t.ask(ctx, work); err != nil {
			return nil, &MissingError{What: "the downloaded toolchain does not work", Why: err.Error(), Remedy: remedy}
		}
	}
	if t.vars.GOVERSION != runtime.Version() {
		return nil, &MissingError{What: "another Go toolchain than the one that built this executable",
			Why:    fmt.Sprintf("%s is %s, the executable was built by %s", gocmd, t.vars.GOVERSION, runtime.Version()),
			Remedy: "build the executable again with " + t.vars.GOVERSION + ", or " + remedy}
	}
	if t.env[len(t.env)-1] != "GOTOOLCHAIN="+runtime.Version() {
		t.env = append(slices.Clip(t.env), "GOTOOLCHAIN=local")
	}
	return t, nil
}

// downloaded reports whether the go command could switch to our version without fetching it.
func (t *toolchain) downloaded() bool {
	_, err := os.Stat(filepath.Join(t.vars.GOMODCACHE, "golang.org",
		fmt.Sprintf("toolchain@v0.0.1-%s.%s-%s", runtime.Version(), runtime.GOOS, runtime.GOARCH), "bin"))
	return err == nil
}

func (t *toolchain) ask(ctx context.Context, work string) error {
	out, err := t.run(ctx, command{dir: work, args: []string{"env", "-json",
		"GOVERSION", "GOROOT", "GOTOOLDIR", "GOTOOLCHAIN", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOMOD", "GOWORK", "CC", "CXX"}})
	if err != nil {
		return err
	}
	return json.Unmarshal(out, &t.vars)
}

// checkC finds out whether the C compiler is there, which the linker needs.
func (t *toolchain) checkC() error {
	fields := strings.Fields(t.vars.CC)
	if len(fields) == 0 {
		fields = []string{"gcc"}
	}
	candidates := []string{fields[0]}
	if !filepath.IsAbs(fields[0]) {
		candidates = nil
		for _, dir := range filepath.SplitList(shared.Lookup(t.env, "PATH")) {
			candidates = append(candidates, filepath.Join(dir, fields[0]))
		}
	}
	for _, file := range candidates {
		if found, err := exec.LookPath(file); err == nil {
			t.cc = found
			return nil
		}
	}
	remedy := "install gcc or clang (on Debian: apt install gcc libc6-dev), or name yours in the variable CC"
	return &MissingError{What: "no C compiler found", Why: fields[0] + " is not on the PATH; linking a plugin needs one", Remedy: remedy}
}

// command is one run of the go command.
type command struct {
	dir    string
	args   []string
	env    []string
	stderr io.Writer // gets what the command says as it says it; the error has it too
}

// GoError is what the go command said when it failed.
type GoError struct {
	Args []string
	Text string
}

func (e *GoError) Error() string { return e.Text }

// run runs the go command and returns its standard output. A cancelled ctx interrupts it, so that it cleans up behind itself.
func (t *toolchain) run(ctx context.Context, c command) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.gocmd, c.args...)
	cmd.Dir = c.dir
	cmd.Env = append(slices.Clip(t.env), c.env...)
	cmd.Env = append(cmd.Env, "PWD="+c.dir)
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = 3 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout = &out
	cmd.Stderr = &said
	if c.stderr != nil {
		cmd.Stderr = io.MultiWriter(&said, c.stderr)
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.Bytes(), &GoError{Args: c.args, Text: readable(said.String())}
	}
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", t.gocmd, err)
	}
	return out.Bytes(), nil
}

// readable leaves out what helps nobody: the go command's name before each line and the log of downloads.
func readable(text string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimRight(strings.TrimPrefix(line, "go: "), "\r\n")
		if strings.HasPrefix(line, "downloading ") || strings.HasPrefix(line, "finding ") || line == "" {
			continue
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return "the go command failed without a word"
	}
	return strings.Join(lines, "\n")
}
