package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

type NotFound struct{ Key string }

func (e NotFound) Error() string { return "not found: " + e.Key }

type Wrapped struct {
	Op  string
	Err error
}

func (w *Wrapped) Error() string { return w.Op + ": " + w.Err.Error() }
func (w *Wrapped) Unwrap() error { return w.Err }

type Temporary struct{ n int }

func (t Temporary) Error() string        { return fmt.Sprint("temporary ", t.n) }
func (t Temporary) Is(target error) bool { return target == ErrRetry }

var ErrRetry = errors.New("retry")

func load(key string) error {
	switch key {
	case "":
		return &Wrapped{"load", io.ErrUnexpectedEOF}
	case "tmp":
		return fmt.Errorf("loading %q: %w", key, Temporary{3})
	case "file":
		_, err := os.Open("/does/not/exist")
		return &Wrapped{"open", err}
	}
	return fmt.Errorf("load: %w", NotFound{key})
}

func main() {
	for _, k := range []string{"", "tmp", "file", "x"} {
		err := load(k)
		fmt.Println(err)
		var nf NotFound
		var w *Wrapped
		var pe *fs.PathError
		fmt.Println(errors.As(err, &nf), nf.Key, errors.As(err, &w), errors.As(err, &pe), errors.Is(err, ErrRetry),
			errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, fs.ErrNotExist), errors.Is(err, NotFound{"x"}))
		if w != nil {
			fmt.Println("op", w.Op)
		}
	}
	j := errors.Join(NotFound{"a"}, &Wrapped{"b", ErrRetry})
	fmt.Println(j, errors.Is(j, ErrRetry))
	fmt.Println([]error{NotFound{"q"}, ErrRetry})
	fmt.Printf("%v|%+v|%s|%q\n", NotFound{"z"}, NotFound{"z"}, NotFound{"z"}, NotFound{"z"})
}
