package main

import "fmt"

type visitor func(depth int) visitor

type State func(*Machine) State

type Machine struct {
	in  string
	pos int
	out []string
}

func start(m *Machine) State {
	if m.pos >= len(m.in) {
		return nil
	}
	if m.in[m.pos] >= '0' && m.in[m.pos] <= '9' {
		return number
	}
	m.pos++
	return start
}

func number(m *Machine) State {
	from := m.pos
	for m.pos < len(m.in) && m.in[m.pos] >= '0' && m.in[m.pos] <= '9' {
		m.pos++
	}
	m.out = append(m.out, m.in[from:m.pos])
	return start
}

func main() {
	m := &Machine{in: "a12b345"}
	for s := State(start); s != nil; {
		s = s(m)
	}
	fmt.Println(m.out)
	var v visitor
	n := 0
	v = func(d int) visitor {
		n += d
		if d == 3 {
			return nil
		}
		return v
	}
	for d := 0; v != nil; d++ {
		v = v(d)
	}
	fmt.Println(n)
}
