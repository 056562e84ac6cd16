package build

import (
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/unit"
)

const square = `package main

import host__ "github.com/gocluster/gocluster/internal/unit/worker"
import reflect__ "reflect"

func run__(c__ *host__.Call) error {
	in0__ := c__.In[0].([]int)
	out0__ := c__.Out[0].([]int)
	for ; c__.At < c__.To; c__.At++ {
		out0__[c__.At] = in0__[c__.At] * in0__[c__.At]
	}
	return nil
}

func main() {
	host__.Main(&host__.Program{
		Name: "square",
		Params: []reflect__.Type{reflect__.TypeFor[int]()},
		Results: []reflect__.Type{reflect__.TypeFor[int]()},
		Run: run__,
	})
}
`

func TestAProgramIsBuiltOnce(t *testing.T) {
	b := New(Options{Cache: t.TempDir()})
	u := &unit.Unit{Name: "square", Main: square}
	for i := range 3 {
		u.Main += " "
		begun := time.Now()
		o, err := b.Build(t.Context(), u, Here())
		if err != nil {
			t.Fatal(err)
		}
		t.Log(i, len(o.Data), time.Since(begun))
	}
}
