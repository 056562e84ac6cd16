package main

import (
	"errors"
	"fmt"
	"strconv"
)

type Option[T any] struct {
	v  T
	ok bool
}

func Some[T any](v T) Option[T] { return Option[T]{v, true} }
func None[T any]() Option[T]    { return Option[T]{} }

func (o Option[T]) Or(d T) T {
	if o.ok {
		return o.v
	}
	return d
}

type Result[T any] struct {
	val T
	err error
}

func Try[T any](v T, err error) Result[T] { return Result[T]{v, err} }

func Then[T, U any](r Result[T], f func(T) (U, error)) Result[U] {
	if r.err != nil {
		return Result[U]{err: r.err}
	}
	return Try(f(r.val))
}

type Opt func(*settings)

type settings struct {
	n    int
	name string
}

func WithN(n int) Opt       { return func(s *settings) { s.n = n } }
func Named(name string) Opt { return func(s *settings) { s.name = name } }

func build(opts ...Opt) settings {
	s := settings{n: 1, name: "default"}
	for _, o := range opts {
		o(&s)
	}
	return s
}

func main() {
	fmt.Println(Some(3).Or(9), None[string]().Or("none"))
	r := Then(Try(strconv.Atoi("21")), func(i int) (string, error) { return fmt.Sprint(i * 2), nil })
	fmt.Println(r.val, r.err)
	e := Then(Try(strconv.Atoi("x")), func(i int) (int, error) { return i, errors.New("unreached") })
	fmt.Println(e.val, e.err)
	s := build(WithN(5))
	t := build(Named("x"), WithN(2))
	fmt.Println(s.n, s.name, t.n, t.name, build().n)
}
