package main

func main() {
	var i8 int8 = -5
	var u uint64 = 1 << 63
	println(i8, u, "s", true, 1.5, 100.0, 1e100, -0.25)
	println()
	print("no newline", 1, 2, "\n")
	type myInt int
	println(myInt(7), 'a', 1<<40)
	println(complex(1, -2))
	const big = 1 << 62
	println(big, float32(0.1), 0.1)
}
