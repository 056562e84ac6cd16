package main

import (
	"fmt"
	"reflect"
)

func main() {
	v := reflect.ValueOf(map[string]int{"a": 1})
	for _, k := range v.MapKeys() {
		fmt.Println(k, v.MapIndex(k))
	}
	s := reflect.ValueOf([]string{"x", "y"})
	fmt.Println(s.Len(), s.Index(1), s.Type().Elem().Kind())
	f := reflect.ValueOf(func(a, b int) int { return a * b })
	fmt.Println(f.Call([]reflect.Value{reflect.ValueOf(6), reflect.ValueOf(7)})[0].Int(), f.Type())
	n := 5
	reflect.ValueOf(&n).Elem().SetInt(9)
	fmt.Println(n, reflect.TypeOf(3.5), reflect.TypeOf([]byte(nil)), reflect.Zero(reflect.TypeOf("")).Len())
	ch := reflect.MakeChan(reflect.TypeOf((chan int)(nil)), 1)
	ch.Send(reflect.ValueOf(3))
	x, ok := ch.Recv()
	fmt.Println(x, ok, reflect.DeepEqual([]int{1}, []int{1}))
}
