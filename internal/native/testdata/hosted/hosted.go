// Package hosted is the host of the tests: it builds cells with a kit, opens them in itself and tells what happened, as JSON, one line
// per request.
package hosted

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/native/load"
	_ "github.com/gocluster/gocluster/internal/native/testdata/registry"
	_ "github.com/gocluster/gocluster/internal/session/host"
)

// Request is what a test asks for.
type Request struct {
	Op      string // build (open and run too), get, setmod, mod, resolve, forget, import
	Source  string
	Imports []string
}

// Answer is what came of it.
type Answer struct {
	Error   string
	Text    string
	Plugins native.Plugins
	Took    time.Duration
	Words   []string
}

// Main is what package main consists of: types there would be those of cells.
func Main() {
	var o native.Options
	if err := json.Unmarshal([]byte(os.Args[1]), &o); err != nil {
		panic(err)
	}
	out := os.Stdout
	os.Stdout = os.Stderr
	in, answers := json.NewDecoder(os.Stdin), json.NewEncoder(out)
	k, err := native.Find(context.Background(), o)
	if err != nil {
		_ = answers.Encode(Answer{Error: err.Error()})
		return
	}
	defer k.Close()
	for {
		var q Request
		if in.Decode(&q) != nil {
			return
		}
		start := time.Now()
		a, err := do(k, q)
		a.Took = time.Since(start)
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			panic(err)
		}
	}
}

func do(k *native.Kit, q Request) (a Answer, err error) {
	ctx := context.Background()
	switch q.Op {
	case "warm":
		err = k.Warm(ctx, func(s string) { a.Words = append(a.Words, s) })
	case "env":
		name, value, _ := strings.Cut(q.Source, "=")
		k.SetEnv(name, &value)
	case "rest":
		err = k.Rest(ctx, func(s string) { a.Words = append(a.Words, s) })
	case "work":
		err = k.SetWork(ctx, q.Source)
	case "forget":
		err = k.Forget()
	case "build", "open":
		if a.Plugins, err = k.Build(ctx, q.Source, q.Imports); err != nil || q.Op == "build" {
			return a, err
		}
		a.Text, err = run(a.Plugins)
	case "get":
		var b bytes.Buffer
		err = k.Get(ctx, q.Source, &b)
		a.Text = b.String()
	case "mod":
		a.Text, err = k.Mod()
	case "setmod":
		err = k.SetMod(q.Source)
	case "resolve":
		var b bytes.Buffer
		a.Text, err = k.Resolve(ctx, q.Source, &b)
		a.Words = strings.Split(b.String(), "\n")
	case "import":
		p, perr := k.Import(q.Source)
		if err = perr; err == nil {
			a.Text = p.String()
		}
	default:
		err = fmt.Errorf("unknown operation %s", q.Op)
	}
	return a, err
}

// run opens a cell and returns what it printed with Out.
func run(p native.Plugins) (string, error) {
	load1, run, err := load.Open(p)
	if err != nil {
		return "", err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	old := os.Stdout
	os.Stdout = w
	err = call(load1, run)
	os.Stdout = old
	w.Close()
	var b bytes.Buffer
	_, _ = b.ReadFrom(r)
	return strings.TrimSpace(b.String()), err
}

func call(fs ...func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	for _, f := range fs {
		if f != nil {
			f()
		}
	}
	return nil
}
