package main

import (
	"fmt"
	"math"
	"math/bits"
)

func main() {
	var i8 int8 = 127
	i8++
	var u8 uint8
	u8--
	var u32 uint32 = 1 << 31
	u32 <<= 1
	fmt.Println(i8, u8, u32)
	x := math.MaxInt64
	x++
	fmt.Println(x, -x == x, uint64(math.MaxUint64))
	fmt.Println(-7/2, -7%2, 7/-2, 7%-2, -8>>1, uint8(200)>>3)
	var s uint = 70
	fmt.Println(1<<s, int32(1)<<s, -1>>s, 5&3, 5|3, 5^3, 5&^3, ^5)
	f := 3.99
	fmt.Println(int(f), int(-f), uint8(int(300)&0xff), int64(float32(16777217)))
	fmt.Println(bits.OnesCount(255), bits.LeadingZeros8(1), bits.Reverse8(1), bits.Len(1023), bits.RotateLeft8(0x81, 1))
	hi, lo := bits.Mul64(1<<63, 6)
	fmt.Println(hi, lo)
	r := 'a'
	r += 2
	fmt.Println(r, string(r), byte('A')+1)
	y := 10
	y += 5
	y -= 3
	y *= 4
	y /= 5
	y %= 7
	y <<= 3
	y |= 1
	y ^= 3
	y &= 0x1e
	y &^= 2
	fmt.Println(y)
	for i := range uint8(3) {
		fmt.Print(i-1, " ")
	}
	fmt.Println(uintptr(1)<<10, int16(math.MaxInt16), math.MinInt64)
}
