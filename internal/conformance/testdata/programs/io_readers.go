package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

type rot13 struct{ r io.Reader }

func (x rot13) Read(p []byte) (int, error) {
	n, err := x.r.Read(p)
	for i, c := range p[:n] {
		switch {
		case c >= 'a' && c <= 'z':
			p[i] = 'a' + (c-'a'+13)%26
		case c >= 'A' && c <= 'Z':
			p[i] = 'A' + (c-'A'+13)%26
		}
	}
	return n, err
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

type limited struct{ left int }

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, errors.New("full")
	}
	l.left -= len(p)
	return len(p), nil
}

func main() {
	b, err := io.ReadAll(rot13{strings.NewReader("Uryyb, Jbeyq!")})
	fmt.Println(string(b), err)
	c := &counter{}
	var buf bytes.Buffer
	n, err := io.Copy(io.MultiWriter(c, &buf), strings.NewReader("twelve bytes"))
	fmt.Println(n, err, c.n, buf.String())
	_, err = fmt.Fprintf(&limited{3}, "too long")
	fmt.Println(err)
	r, w := io.Pipe()
	go func() { fmt.Fprint(w, "through a pipe"); w.Close() }()
	b, _ = io.ReadAll(r)
	fmt.Println(string(b))
	sr := io.NewSectionReader(strings.NewReader("0123456789"), 2, 5)
	b, _ = io.ReadAll(io.TeeReader(sr, &buf))
	fmt.Println(string(b), buf.Len())
}
