package main

import "fmt"

func grade(n int) string {
	switch {
	case n >= 90:
		return "A"
	case n >= 80:
		return "B"
	}
	return "F"
}

func fall(n int) (out []string) {
	switch n {
	case 1:
		out = append(out, "one")
		fallthrough
	case 2, 3:
		out = append(out, "few")
		fallthrough
	case 100:
		out = append(out, "hundred")
	default:
		out = append(out, "many")
	}
	return
}

func side(s string) string { fmt.Print("<", s, ">"); return s }

func main() {
	fmt.Println(grade(95), grade(85), grade(10))
	fmt.Println(fall(1), fall(3), fall(100), fall(7))
	switch x := side("b"); x {
	case side("a"), side("b"), side("c"):
		fmt.Println(" matched", x)
	}
	switch y := 5; {
	case y > 3:
		fmt.Println("big")
	default:
		fmt.Println("small")
	}
	switch {
	default:
		fmt.Println("default first")
	case len("abc") == 4:
		fmt.Println("no")
	}
	switch c := 'x'; c {
	case 'a', 'e':
		fmt.Println("vowel")
	case 'x':
		if c > 'm' {
			break
		}
		fmt.Println("unreached")
	}
	var e error
	switch e {
	case nil:
		fmt.Println("nil error")
	}
}
