package main

import (
	"bytes"
	"fmt"
	"math/bits"
)

type BitSet []uint64

func (b *BitSet) Set(i int) {
	for len(*b) <= i/64 {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

func (b BitSet) Has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

func (b BitSet) Count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return
}

type IP [4]byte

func (ip IP) Num() (n uint32) {
	for _, b := range ip {
		n = n<<8 | uint32(b)
	}
	return
}

func main() {
	var b BitSet
	for _, i := range []int{1, 63, 64, 200, 200} {
		b.Set(i)
	}
	fmt.Println(b.Count(), b.Has(63), b.Has(65), b.Has(1000), len(b))
	ip := IP{127, 0, 0, 1}
	fmt.Println(ip.Num(), ip == IP{127, 0, 0, 1})
	x := []byte("hello world")
	fmt.Println(bytes.Count(x, []byte("o")), string(bytes.Title(x)), bytes.Index(x, []byte("wor")))
	copy(x[6:], "there")
	fmt.Printf("%s %q %v\n", x, bytes.Split(x, []byte(" ")), bytes.Equal(x, []byte("hello there")))
	var z uint8 = 0b1010_0101
	fmt.Printf("%08b %08b %08b %d\n", z, ^z, z<<1|z>>7, bits.TrailingZeros8(z&^1))
}
