package sched

// ordered is what a heap holds: things that know their order and their place.
type ordered[T any] interface {
	before(T) bool
	place() *int
}

// heap is a binary heap whose elements know their place, so that they can be moved and removed. A place is one more than the
// index, so that 0 means "in no heap".
type heap[T ordered[T]] struct{ xs []T }

func (h *heap[T]) len() int { return len(h.xs) }
func (h *heap[T]) min() T   { return h.xs[0] }

func (h *heap[T]) push(x T) {
	h.xs = append(h.xs, x)
	*x.place() = len(h.xs)
	h.up(len(h.xs) - 1)
}

// fix moves x to where it belongs after its order has changed.
func (h *heap[T]) fix(x T) {
	i := *x.place() - 1
	if !h.down(i) {
		h.up(i)
	}
}

// remove takes x out; it may be in no heap.
func (h *heap[T]) remove(x T) {
	i := *x.place() - 1
	if i < 0 {
		return
	}
	last := len(h.xs) - 1
	h.swap(i, last)
	var zero T
	h.xs[last] = zero
	h.xs = h.xs[:last]
	*x.place() = 0
	if i < last && !h.down(i) {
		h.up(i)
	}
}

func (h *heap[T]) swap(i, j int) {
	h.xs[i], h.xs[j] = h.xs[j], h.xs[i]
	*h.xs[i].place(), *h.xs[j].place() = i+1, j+1
}

func (h *heap[T]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.xs[i].before(h.xs[parent]) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *heap[T]) down(i int) bool {
	start := i
	for {
		child := 2*i + 1
		if child >= len(h.xs) {
			break
		}
		if child+1 < len(h.xs) && h.xs[child+1].before(h.xs[child]) {
			child++
		}
		if !h.xs[child].before(h.xs[i]) {
			break
		}
		h.swap(i, child)
		i = child
	}
	return i > start
}

// linked is what a list holds: things with two neighbours.
type linked[T any] interface {
	comparable
	links() *links[T]
}

type links[T any] struct {
	prev, next T
	in         bool
}

// list is a queue from whose middle elements can be taken.
type list[T linked[T]] struct {
	front, back T
	n           int
}

func (l *list[T]) push(x T) {
	var none T
	k := x.links()
	if k.in {
		return
	}
	*k = links[T]{prev: l.back, in: true}
	if l.back == none {
		l.front = x
	} else {
		l.back.links().next = x
	}
	l.back = x
	l.n++
}

// remove takes x out; it may be in no list.
func (l *list[T]) remove(x T) {
	var none T
	k := x.links()
	if !k.in {
		return
	}
	if k.prev == none {
		l.front = k.next
	} else {
		k.prev.links().next = k.next
	}
	if k.next == none {
		l.back = k.prev
	} else {
		k.next.links().prev = k.prev
	}
	*k = links[T]{}
	l.n--
}

// all calls f for the elements in order until it returns false; f may remove its element.
func (l *list[T]) all(f func(T) bool) {
	var none T
	for x := l.front; x != none; {
		next := x.links().next
		if !f(x) {
			return
		}
		x = next
	}
}
