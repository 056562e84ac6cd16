package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var ErrEmpty = errors.New("empty")

func parse(s string) (int, error) {
	if s == "" {
		return 0, ErrEmpty
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("parse %q: %w", s, err)
	}
	return n, nil
}

func main() {
	for _, s := range []string{"12", " 7 ", "", "x1", "99999999999999999999"} {
		n, err := parse(s)
		switch {
		case errors.Is(err, ErrEmpty):
			fmt.Println("empty!")
		case errors.Is(err, strconv.ErrRange):
			fmt.Println("range:", err)
		case err != nil:
			var ne *strconv.NumError
			fmt.Println(err, errors.As(err, &ne), ne.Func, ne.Num)
		default:
			fmt.Println(n)
		}
	}
	e := errors.Join(ErrEmpty, nil, errors.New("other"))
	fmt.Println(strings.ReplaceAll(e.Error(), "\n", "|"), errors.Unwrap(fmt.Errorf("a: %w", ErrEmpty)) == ErrEmpty)
}
