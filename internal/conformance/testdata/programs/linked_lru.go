package main

import "fmt"

type entry struct {
	key, val   string
	prev, next *entry
}

type LRU struct {
	max        int
	m          map[string]*entry
	head, tail *entry
	hits, miss int
}

func NewLRU(n int) *LRU {
	l := &LRU{max: n, m: map[string]*entry{}, head: &entry{}, tail: &entry{}}
	l.head.next, l.tail.prev = l.tail, l.head
	return l
}

func (l *LRU) unlink(e *entry) { e.prev.next, e.next.prev = e.next, e.prev }

func (l *LRU) front(e *entry) {
	e.prev, e.next = l.head, l.head.next
	e.prev.next, e.next.prev = e, e
}

func (l *LRU) Get(k string) (string, bool) {
	e, ok := l.m[k]
	if !ok {
		l.miss++
		return "", false
	}
	l.hits++
	l.unlink(e)
	l.front(e)
	return e.val, true
}

func (l *LRU) Put(k, v string) {
	if e, ok := l.m[k]; ok {
		e.val = v
		l.unlink(e)
		l.front(e)
		return
	}
	if len(l.m) == l.max {
		old := l.tail.prev
		l.unlink(old)
		delete(l.m, old.key)
	}
	e := &entry{key: k, val: v}
	l.m[k] = e
	l.front(e)
}

func (l *LRU) keys() (ks []string) {
	for e := l.head.next; e != l.tail; e = e.next {
		ks = append(ks, e.key)
	}
	return
}

func main() {
	l := NewLRU(2)
	l.Put("a", "1")
	l.Put("b", "2")
	fmt.Println(l.Get("a"))
	l.Put("c", "3")
	fmt.Println(l.Get("b"))
	l.Put("a", "10")
	fmt.Println(l.keys(), l.hits, l.miss, len(l.m))
}
