package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
)

type Reader interface{ Read() string }

type Writer interface{ Write(string) int }

type ReadWriter interface {
	Reader
	Writer
}

type buf struct{ data []string }

func (b *buf) Read() string {
	if len(b.data) == 0 {
		return "-"
	}
	s := b.data[0]
	b.data = b.data[1:]
	return s
}
func (b *buf) Write(s string) int { b.data = append(b.data, s); return len(s) }

type Logged struct {
	ReadWriter
	log []string
}

func (l *Logged) Write(s string) int { l.log = append(l.log, s); return l.ReadWriter.Write(s) }

type reversed struct{ sort.Interface }

func (r reversed) Less(i, j int) bool { return r.Interface.Less(j, i) }

type upper struct{ io.Reader }

func (u upper) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	copy(p, strings.ToUpper(string(p[:n])))
	return n, err
}

func main() {
	l := &Logged{ReadWriter: &buf{}}
	var rw ReadWriter = l
	rw.Write("a")
	rw.Write("bb")
	fmt.Println(rw.Read(), rw.Read(), rw.Read(), l.log)
	xs := []int{3, 1, 2}
	sort.Sort(reversed{sort.IntSlice(xs)})
	fmt.Println(xs)
	data, err := io.ReadAll(upper{strings.NewReader("shout")})
	fmt.Println(string(data), err)
	var r Reader = rw
	_, ok := r.(Writer)
	fmt.Println(ok)
}
