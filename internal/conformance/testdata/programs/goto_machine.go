package main

import "fmt"

func collatz(n int) (steps int) {
top:
	if n == 1 {
		goto done
	}
	if n%2 == 0 {
		n /= 2
	} else {
		n = 3*n + 1
	}
	steps++
	goto top
done:
	return steps
}

func parse(s string) (nums []int) {
	i, acc, has := 0, 0, false
next:
	if i >= len(s) {
		goto flush
	}
	if s[i] >= '0' && s[i] <= '9' {
		acc = acc*10 + int(s[i]-'0')
		has = true
		i++
		goto next
	}
	i++
flush:
	if has {
		nums = append(nums, acc)
		acc, has = 0, false
	}
	if i < len(s) {
		goto next
	}
	return nums
}

func main() {
	for _, n := range []int{1, 7, 27, 97} {
		fmt.Print(collatz(n), " ")
	}
	fmt.Println()
	fmt.Println(parse("12,345;6"))
}
