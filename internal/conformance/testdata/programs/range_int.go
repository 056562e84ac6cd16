package main

import "fmt"

type Day uint8

const days Day = 3

func main() {
	sum := 0
	for i := range 10 {
		i *= 2
		sum += i
	}
	fmt.Println(sum)
	for d := range days {
		fmt.Printf("%d ", uint8(d))
	}
	for range 2 {
		fmt.Print("x")
	}
	fmt.Println()
	var n int64 = 3
	for i := range n {
		fmt.Print(i+1, " ")
	}
	for i := range -2 {
		fmt.Println("never", i)
	}
	var fs []func() int
	for i := range 3 {
		fs = append(fs, func() int { i += 10; return i })
	}
	fmt.Println(fs[0](), fs[1](), fs[1](), fs[2]())
	for i := range len("héllo") {
		fmt.Print(i)
	}
	fmt.Println()
}
