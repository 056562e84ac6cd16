package main

import (
	"errors"
	"fmt"
)

type Animal interface{ Sound() string }

type Dog struct{ name string }

type Cat struct{ name string }

func (d Dog) Sound() string  { return d.name + " woofs" }
func (c *Cat) Sound() string { return c.name + " meows" }

type MyErr struct{}

func (*MyErr) Error() string { return "my error" }

func mayFail(fail bool) error {
	var e *MyErr
	if fail {
		e = &MyErr{}
	}
	return e
}

func main() {
	var a Animal
	fmt.Println(a == nil)
	a = Dog{"rex"}
	b := Animal(Dog{"rex"})
	fmt.Println(a == b, a.Sound(), a != Animal(&Cat{"tom"}))
	as := map[Animal]int{Dog{"a"}: 1}
	as[Dog{"a"}]++
	fmt.Println(as[Dog{"a"}], len(as))
	err := mayFail(false)
	fmt.Println(err == nil, mayFail(true))
	var x, y any = 1, 1.0
	fmt.Println(x == y, x == 1, y == 1.0, x != nil)
	e1, e2 := errors.New("e"), errors.New("e")
	fmt.Println(e1 == e2, e1 == e1)
	var p, q any = &a, &a
	fmt.Println(p == q)
	anys := []any{1, "a", nil, 2.5, Dog{"d"}}
	for _, v := range anys {
		_, isStr := v.(string)
		fmt.Print(isStr, " ")
	}
	fmt.Println(len(anys))
}
