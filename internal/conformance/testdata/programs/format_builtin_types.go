package main

import (
	"fmt"
	"math"
	"os"
	"time"
)

func main() {
	fmt.Printf("%d|%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%U|%q\n", 42, 42, 42, 42, 42, 255, 255, 8, 5, 'é', 'é', 'x')
	fmt.Printf("%f|%.2f|%8.3f|%-8.1f|%e|%g|%G\n", 3.14159, 3.14159, 3.14159, 3.14159, 31415.9, 1e21, 1e-7)
	fmt.Printf("%s|%10s|%-10s|%.2s|%q|%x|% x\n", "héllo", "go", "go", "hello", "a\tb", "hi", "hi")
	fmt.Printf("%v|%+v|%#v|%T\n", []string{"a", "b"}, map[string]int{"z": 1, "a": 2}, []any{1, "x", nil}, map[string][]int{})
	fmt.Printf("%t|%v|%p|%v\n", true, nil, nil, [3]byte{1, 2, 3})
	fmt.Printf("%v %+v %#v\n", struct {
		A int
		B string
	}{1, "x"}, struct{ C *int }{nil}, struct{ D []byte }{[]byte("q")})
	fmt.Printf("%6.2f%%|%*d|%[2]*[1]d|%[1]v %[1]T\n", 99.5, 5, 42)
	fmt.Printf("%d %s\n", "str", 5)
	fmt.Printf("%d\n", 1, 2)
	fmt.Printf("%d %d\n", 1)
	fmt.Printf("%!|%z\n", 3)
	fmt.Println(math.Inf(1), -math.MaxFloat64, math.NaN(), 1e6, 1e20, 1e21, float32(0.1), 100000000.0)
	fmt.Println(time.Duration(1500)*time.Millisecond, complex(1, -2), 'a', "x"+"y", int8(-128))
	fmt.Print("a", 1, 2, "b", "c", 3.0, nil, '\n', "\n")
	fmt.Fprintln(os.Stdout, fmt.Sprint("x", 1, 2), fmt.Sprintln("end"))
	var ip *int
	var e error
	fmt.Println(ip, e, []int(nil), map[string]int(nil), any(nil))
	fmt.Printf("%v %d %s %x\n", []byte("hi"), []byte("hi"), []byte("hi"), []byte("hi"))
	fmt.Printf("%08.3f|%+.1e|%x|%t\n", -3.14159, 12345.678, 3.5, false)
}
