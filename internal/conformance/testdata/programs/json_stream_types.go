package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

type Shape struct {
	Type string          `json:"type"`
	Raw  json.RawMessage `json:"data"`
}

type Point struct{ X, Y float64 }

func decode(s string) (out []string, err error) {
	dec := json.NewDecoder(strings.NewReader(s))
	for dec.More() {
		var sh Shape
		if err := dec.Decode(&sh); err != nil {
			return out, err
		}
		switch sh.Type {
		case "point":
			var p Point
			if err := json.Unmarshal(sh.Raw, &p); err != nil {
				return out, err
			}
			out = append(out, fmt.Sprint("point ", p.X, p.Y))
		case "names":
			var ns []string
			if err := json.Unmarshal(sh.Raw, &ns); err != nil {
				return out, err
			}
			out = append(out, strings.Join(ns, "+"))
		}
	}
	return out, nil
}

func main() {
	fmt.Println(decode(`{"type":"point","data":{"X":1,"Y":2.5}} {"type":"names","data":["a","b"]}`))
	_, err := decode(`{"type":"point","data":[]}`)
	fmt.Println(err != nil)
	dec := json.NewDecoder(strings.NewReader(`{"A":1,"Z":2}`))
	dec.DisallowUnknownFields()
	var v struct{ A int }
	fmt.Println(dec.Decode(&v), v.A)
	var n json.Number
	d := json.NewDecoder(strings.NewReader(`12345678901234567890`))
	d.UseNumber()
	fmt.Println(d.Decode(&n), n)
}
