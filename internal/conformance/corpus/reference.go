package corpus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// reference is what a compiled program does.
type reference struct {
	Stdout, Stderr string
	Exit           int
	// mixed tells that Stdout is everything that is written, in its order.
	mixed bool
}

// program is one of our own programs.
type program struct {
	name, source string
	ref          reference
}

// ownPrograms reads the programs of testdata and finds out what they do, compiling those that it does not know yet.
func ownPrograms(ctx context.Context, o options, progress io.Writer) ([]program, error) {
	files, err := filepath.Glob(filepath.Join(o.testdir, "programs", "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no programs in %s: run this at the top of the repository (%w)", o.testdir, err)
	}
	var all []program
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p := program{name: strings.TrimSuffix(filepath.Base(file), ".go"), source: string(src)}
		if o.only.MatchString("programs/"+p.name) || o.only.MatchString("cut/"+p.name) {
			all = append(all, p)
		}
	}
	var unknown []*program
	for i := range all {
		if !all[i].recall() {
			unknown = append(unknown, &all[i])
		}
	}
	if len(unknown) > 0 {
		fmt.Fprintf(progress, "compiling %d programs to see what they do\n", len(unknown))
		return all, compile(ctx, unknown)
	}
	return all, nil
}

// cached is where the reference of a program is kept, by what it consists of.
func (p *program) cached() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(runtime.Version() + "\n" + p.source))
	return filepath.Join(dir, "gocluster", "conformance", hex.EncodeToString(sum[:16])+".json"), nil
}

func (p *program) recall() bool {
	file, err := p.cached()
	if err != nil {
		return false
	}
	data, err := os.ReadFile(file)
	return err == nil && json.Unmarshal(data, &p.ref) == nil
}

// remember keeps the reference; without a cache it is only made again.
func (p *program) remember() {
	file, err := p.cached()
	if err != nil {
		return
	}
	data, err := json.Marshal(p.ref)
	if err == nil && os.MkdirAll(filepath.Dir(file), 0o755) == nil {
		_ = os.WriteFile(file, data, 0o644)
	}
}

// compile builds programs together, each a package of one module, and runs them.
func compile(ctx context.Context, programs []*program) error {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	version, _, _ := strings.Cut(strings.TrimPrefix(runtime.Version(), "go"), "-")
	files := map[string]string{"go.mod": "module conformance\n\ngo " + version + "\n"}
	for _, p := range programs {
		files[filepath.Join(p.name, "main.go")] = p.source
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	bin := filepath.Join(dir, "bin")
	cmd := exec.CommandContext(ctx, "go", "build", "-p", "2", "-o", bin+string(filepath.Separator), "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("our own programs do not compile: %w\n%s", err, out)
	}
	for _, p := range programs {
		if err := p.observe(ctx, filepath.Join(bin, p.name)); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.remember()
	}
	return nil
}

// observe runs the compiled program.
func (p *program) observe(ctx context.Context, bin string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, bin)
	cmd.Dir = filepath.Dir(bin)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if failed := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &failed) || ctx.Err() != nil) {
		return err
	}
	p.ref = reference{Stdout: out.String(), Stderr: errs.String(), Exit: cmd.ProcessState.ExitCode()}
	return nil
}

// wholes are the programs, each as one cell.
func wholes(programs []program) []item {
	var items []item
	for _, p := range programs {
		items = append(items, item{group: "programs", name: p.name, cells: []string{p.source}, judge: p.ref.judge})
	}
	return items
}

// cuts are the programs cut into cells.
func cuts(programs []program) (items []item, skipped []skip, err error) {
	for _, p := range programs {
		cells, why, err := cut(p.source)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("%s: %w", p.name, err)
		case why != "":
			skipped = append(skipped, skip{"cut/" + p.name, why})
		default:
			items = append(items, item{group: "cut", name: p.name, cells: cells, judge: p.ref.judge})
		}
	}
	return items, skipped, nil
}
