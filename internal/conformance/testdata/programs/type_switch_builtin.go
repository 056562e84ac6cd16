package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

func kind(x any) string {
	switch v := x.(type) {
	case nil:
		return "nil"
	case int, int64:
		return fmt.Sprintf("integer %v", v)
	case float64:
		return fmt.Sprintf("float %.2f", v)
	case string:
		return "string " + strings.ToUpper(v)
	case []int:
		return fmt.Sprint("ints ", len(v))
	case map[string]int:
		return fmt.Sprint("map ", v["a"])
	case error:
		return "error " + v.Error()
	case fmt.Stringer:
		return "stringer " + v.String()
	case func(int) int:
		return fmt.Sprint("func ", v(20))
	case *int:
		return fmt.Sprint("pointer ", *v)
	case chan int:
		return fmt.Sprint("chan ", cap(v))
	case struct{ A int }:
		return fmt.Sprint("struct ", v.A)
	case [2]bool:
		return fmt.Sprint("array ", v[1])
	}
	return "other"
}

func main() {
	n := 5
	for _, x := range []any{nil, 1, int64(2), 2.5, "go", []int{1, 2}, map[string]int{"a": 7}, errors.New("bad"), io.EOF, time.Second,
		func(i int) int { return i * i }, &n, make(chan int, 3), struct{ A int }{9}, [2]bool{false, true}, uint8(3)} {
		fmt.Println(kind(x))
	}
}
