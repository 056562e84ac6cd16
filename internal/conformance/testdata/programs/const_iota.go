package main

import "fmt"

type Weekday int

const (
	Sunday Weekday = iota
	Monday
	_
	Wednesday
)

const (
	_  = iota
	KB = 1 << (10 * iota)
	MB
	GB
)

const (
	a, b = iota, iota * 10
	c, d
	e = "str"
	f
	g = iota
)

type Perm uint8

const (
	Read Perm = 1 << iota
	Write
	Exec
	All = Read | Write | Exec
)

const big = 1 << 100

const (
	x = 7 / 2
	y = 7 / 2.0
	z = 'a' + 1
	w = "con" + "cat"
	v = len("four") * x
	u = 1 << 3.0
)

func main() {
	fmt.Println(int(Sunday), int(Monday), int(Wednesday))
	fmt.Println(KB, MB, GB, a, b, c, d, e, f, g)
	fmt.Println(Read, Write, Exec, All, All&^Write)
	fmt.Println(big>>98, x, y, z, w, v, u, u/3)
	const local = iota + 5
	const h, i = 1.5e3, 0x1p-2
	fmt.Println(local, h, i, 0b1010, 0o17, 1_000_000, 'é', "\u00e9\x41")
	var f32 float32 = 1.0 / 3
	fmt.Println(f32, 1.0/3, uint8(254)+1, ^0, -7/2, -7%3, 7&^5)
	const huge = 1e300 * 1e10 / 1e305
	fmt.Println(huge, complex(1, 2)*complex(0, 1), real(3+4i))
}
