package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

type Address struct {
	Street string `json:"street"`
	Zip    string `json:"zip,omitempty"`
}

type User struct {
	Name   string         `json:"name"`
	Age    int            `json:"age"`
	Tags   []string       `json:"tags"`
	Home   *Address       `json:"home,omitempty"`
	Extra  map[string]any `json:"extra,omitempty"`
	Secret string         `json:"-"`
	hidden int
	Scores map[string]float64
}

func main() {
	u := User{Name: "Al", Age: 30, Tags: []string{"x"}, Home: &Address{Street: "Main"}, Secret: "s", hidden: 3, Scores: map[string]float64{"b": 2, "a": 1.5}}
	b, err := json.Marshal(u)
	fmt.Println(string(b), err)
	var v User
	err = json.Unmarshal([]byte(`{"name":"Bo","age":5,"home":{"street":"S","zip":"9"},"extra":{"k":[1,"a",null,true]},"hidden":7}`), &v)
	fmt.Println(v.Name, v.Age, v.Home.Zip, v.Extra["k"], v.hidden, err)
	err = json.Unmarshal([]byte(`{"name":3}`), &v)
	fmt.Println(err != nil)
	var x any
	dec := json.NewDecoder(strings.NewReader(`{"a":1.5} [1,2] "s" 7`))
	for dec.More() {
		if err := dec.Decode(&x); err != nil {
			break
		}
		fmt.Printf("%v %T\n", x, x)
	}
	out, _ := json.MarshalIndent(map[string]any{"z": 1, "a": []int{1, 2}}, "", "  ")
	fmt.Println(string(out))
}
