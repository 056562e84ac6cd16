package main

import "fmt"

type Base struct{ ID int }

func (b Base) Describe() string { return fmt.Sprint("base ", b.ID) }
func (b *Base) SetID(i int)     { b.ID = i }

type Mid struct {
	Base
	Label string
}

func (m Mid) Describe() string { return m.Label + "/" + m.Base.Describe() }

type Top struct {
	*Mid
	Extra int
}

type Describer interface{ Describe() string }

func main() {
	t := Top{&Mid{Base{1}, "mid"}, 9}
	t.SetID(7)
	fmt.Println(t.ID, t.Mid.Base.ID, t.Describe(), t.Base.Describe(), t.Extra)
	var d Describer = t
	fmt.Println(d.Describe())
	d = t.Base
	t.ID = 100
	fmt.Println(d.Describe(), t.Describe())
	f := t.SetID
	f(55)
	fmt.Println(t.ID)
	m := Mid{Label: "x"}
	m.SetID(3)
	ds := []Describer{m, &m, m.Base, t.Mid}
	for _, d := range ds {
		fmt.Print(d.Describe(), "; ")
	}
	fmt.Println()
	type local struct {
		Mid
		Label int
	}
	l := local{m, 5}
	fmt.Println(l.Label, l.Mid.Label, l.Describe())
}
