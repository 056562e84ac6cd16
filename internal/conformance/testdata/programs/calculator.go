package main

import (
	"fmt"
	"strconv"
	"unicode"
)

type parser struct {
	in  []rune
	pos int
}

func (p *parser) peek() rune {
	for p.pos < len(p.in) && unicode.IsSpace(p.in[p.pos]) {
		p.pos++
	}
	if p.pos == len(p.in) {
		return 0
	}
	return p.in[p.pos]
}

func (p *parser) expr() (float64, error) {
	x, err := p.term()
	for err == nil {
		op := p.peek()
		if op != '+' && op != '-' {
			break
		}
		p.pos++
		var y float64
		if y, err = p.term(); op == '+' {
			x += y
		} else {
			x -= y
		}
	}
	return x, err
}

func (p *parser) term() (float64, error) {
	x, err := p.factor()
	for err == nil {
		op := p.peek()
		if op != '*' && op != '/' {
			break
		}
		p.pos++
		var y float64
		y, err = p.factor()
		if op == '*' {
			x *= y
		} else if y == 0 {
			return 0, fmt.Errorf("division by zero at %d", p.pos)
		} else {
			x /= y
		}
	}
	return x, err
}

func (p *parser) factor() (float64, error) {
	switch c := p.peek(); {
	case c == '(':
		p.pos++
		x, err := p.expr()
		if err == nil && p.peek() != ')' {
			return 0, fmt.Errorf("missing ) at %d", p.pos)
		}
		p.pos++
		return x, err
	case c == '-':
		p.pos++
		x, err := p.factor()
		return -x, err
	case unicode.IsDigit(c):
		from := p.pos
		for p.pos < len(p.in) && (unicode.IsDigit(p.in[p.pos]) || p.in[p.pos] == '.') {
			p.pos++
		}
		return strconv.ParseFloat(string(p.in[from:p.pos]), 64)
	default:
		return 0, fmt.Errorf("unexpected %q at %d", c, p.pos)
	}
}

func eval(s string) (float64, error) {
	p := &parser{in: []rune(s)}
	x, err := p.expr()
	if err == nil && p.peek() != 0 {
		err = fmt.Errorf("trailing %q", p.peek())
	}
	return x, err
}

func main() {
	for _, s := range []string{"1+2*3", "(1+2)*3 - -4/2", "2*(3", "1/0", "7 x", "10/4*2.5"} {
		fmt.Println(eval(s))
	}
}
