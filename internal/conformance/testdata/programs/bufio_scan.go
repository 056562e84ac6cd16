package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

func main() {
	sc := bufio.NewScanner(strings.NewReader("one two\nthree\n\nlast"))
	n := 0
	for sc.Scan() {
		n++
		fmt.Printf("%d:%q ", n, sc.Text())
	}
	fmt.Println(sc.Err())
	ws := bufio.NewScanner(strings.NewReader("a bb  ccc"))
	ws.Split(bufio.ScanWords)
	counts := map[int]int{}
	for ws.Scan() {
		counts[len(ws.Text())]++
	}
	fmt.Println(counts)
	r := bufio.NewReader(strings.NewReader("key=value\nrest"))
	k, err := r.ReadString('=')
	b, _ := r.Peek(3)
	fmt.Println(k, err, string(b))
	line, pre, err := r.ReadLine()
	fmt.Println(string(line), pre, err)
	rest, err := io.ReadAll(r)
	fmt.Println(string(rest), err)
	_, err = r.ReadByte()
	fmt.Println(err == io.EOF)
	var out bytes.Buffer
	w := bufio.NewWriterSize(&out, 16)
	fmt.Fprintf(w, "%d-%s", 7, "x")
	fmt.Println(out.Len(), w.Buffered())
	w.Flush()
	fmt.Println(out.String())
	var a, c int
	var op string
	fmt.Sscanf("3 + 4", "%d %s %d", &a, &op, &c)
	fmt.Println(a, op, c)
	fmt.Sscan("10 20", &a, &c)
	fmt.Println(a + c)
}
