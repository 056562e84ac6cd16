package main

import "fmt"

type inner struct {
	a int
	b string
}

type Outer struct {
	Name string
	in   inner
	P    *inner
	M    map[string]inner
	L    []inner
	E    any
	f    func()
}

type Celsius float64

type Flags []bool

type Key [2]byte

type Gen[T any] struct{ X T }

func main() {
	o := Outer{Name: "n", in: inner{1, "x"}, M: map[string]inner{"k": {2, "y"}}, L: []inner{{3, "z"}}, E: inner{4, "e"}}
	fmt.Printf("%v\n%+v\n%#v\n%T\n", o, o, o, o)
	fmt.Printf("%T %T %T %T %T\n", &o, Celsius(1), Flags{}, Key{}, o.in)
	fmt.Printf("%v %+v %#v\n", Celsius(2.5), Celsius(2.5), Celsius(2.5))
	fmt.Printf("%v %#v %v %#v\n", Flags{true}, Flags{true}, Key{1, 2}, Key{1, 2})
	fmt.Printf("%T %v %+v %#v\n", Gen[int]{3}, Gen[int]{3}, Gen[int]{3}, Gen[string]{"s"})
	fmt.Printf("%T %T %T\n", []inner{}, map[Celsius]*Outer{}, func(Celsius) Flags { return nil })
	fmt.Printf("%v %+v\n", &inner{5, "p"}, []*inner{nil})
	fmt.Printf("%T %T\n", struct{ A Celsius }{}, Gen[Celsius].String)
}

func (g Gen[T]) String() string { return fmt.Sprintf("Gen<%v>", g.X) }
