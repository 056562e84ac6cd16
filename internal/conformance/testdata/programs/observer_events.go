package main

import (
	"fmt"
	"slices"
	"strings"
)

type Event struct {
	Kind string
	Data map[string]int
}

type Bus struct {
	subs map[string][]func(Event)
	log  []string
}

func (b *Bus) On(kind string, f func(Event)) func() {
	if b.subs == nil {
		b.subs = map[string][]func(Event){}
	}
	b.subs[kind] = append(b.subs[kind], f)
	i := len(b.subs[kind]) - 1
	return func() { b.subs[kind][i] = nil }
}

func (b *Bus) Emit(e Event) (n int) {
	for _, f := range b.subs[e.Kind] {
		if f != nil {
			f(e)
			n++
		}
	}
	b.log = append(b.log, fmt.Sprintf("%s:%d", e.Kind, n))
	return
}

func main() {
	var b Bus
	sum := 0
	off := b.On("add", func(e Event) { sum += e.Data["x"] })
	b.On("add", func(e Event) {
		if e.Data["x"] > 5 {
			b.Emit(Event{Kind: "big"})
		}
	})
	b.On("big", func(Event) { sum *= 2 })
	b.Emit(Event{"add", map[string]int{"x": 3}})
	b.Emit(Event{"add", map[string]int{"x": 7}})
	off()
	b.Emit(Event{"add", map[string]int{"x": 100}})
	fmt.Println(sum, strings.Join(b.log, " "), slices.Contains(b.log, "big:1"))
}
