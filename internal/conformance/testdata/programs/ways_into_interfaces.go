package main

import (
	"bufio"
	"bytes"
	"container/heap"
	"container/list"
	"context"
	"encoding/gob"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"text/template"
)

type id int

func (i id) String() string { return fmt.Sprintf("#%d", int(i)) }

type point struct {
	X, Y int
	tag  string
}

func (p point) String() string { return fmt.Sprintf("(%d,%d)", p.X, p.Y) }
func (p *point) Move(dx int)   { p.X += dx }
func (p point) Sum(more ...int) (int, error) {
	s := p.X + p.Y
	for _, m := range more {
		s += m
	}
	if s > 100 {
		return 0, tooBig(s)
	}
	return s, nil
}

type tooBig int

func (t tooBig) Error() string { return fmt.Sprint("too big: ", int(t)) }

type mover interface{ Move(int) }
type summer interface {
	fmt.Stringer
	Sum(...int) (int, error)
}

func two() (id, error)           { return 2, nil }
func three() (any, fmt.Stringer) { return id(3), id(4) }
func fails(b bool) (n int, err error) {
	if b {
		err = tooBig(1)
	}
	return
}
func variadic(xs ...any) string { return fmt.Sprint(len(xs), xs) }
func stringers(xs ...fmt.Stringer) (s string) {
	for _, x := range xs {
		s += x.String()
	}
	return s
}
func pick(b bool) fmt.Stringer {
	if b {
		return id(1)
	}
	return nil
}

type queue []*job
type job struct {
	prio int
	what any
}

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].prio > q[j].prio }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*job)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

type upper struct{ w io.Writer }

func (u upper) Write(p []byte) (int, error) { return u.w.Write(bytes.ToUpper(p)) }

type letters struct{ n int }

func (l *letters) Read(p []byte) (int, error) {
	if l.n == 0 {
		return 0, io.EOF
	}
	l.n--
	p[0] = byte('a' + l.n)
	return 1, nil
}

type hello struct{ name string }

func (h hello) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "hello %s at %s", h.name, r.URL.Path)
}

type colour int

func (c colour) MarshalText() ([]byte, error) { return []byte([]string{"red", "green"}[c]), nil }
func (c *colour) UnmarshalText(b []byte) error {
	for i, s := range []string{"red", "green"} {
		if s == string(b) {
			*c = colour(i)
			return nil
		}
	}
	return fmt.Errorf("no colour %q", b)
}

type secret string

func (secret) Format(f fmt.State, verb rune) { fmt.Fprintf(f, "<%c>", verb) }

type goish struct{ a int }

func (goish) GoString() string { return "goish!" }

type tags []string

func (t *tags) String() string     { return strings.Join(*t, "+") }
func (t *tags) Set(s string) error { *t = append(*t, s); return nil }

type animal interface{ Sound() string }
type dog struct{ Name string }
type cat struct{ Lives int }

func (d dog) Sound() string  { return d.Name + " wuff" }
func (c *cat) Sound() string { return fmt.Sprint("miau ", c.Lives) }

type base struct{ log []string }

func (b *base) note(s string) { b.log = append(b.log, s) }

type noter interface{ note(string) }
type derived struct {
	base
	n int
}

type matrix [2][2]id
type op func(int) int

func (o op) apply(x int) int { return o(x) }

type applier interface{ apply(int) int }
type ch chan id

func (c ch) first() id { return <-c }

func main() {
	// results, assignments, ranges, channels, select
	var a any
	var s fmt.Stringer
	var err error
	a, err = two()
	fmt.Println(a, err)
	a, s = three()
	fmt.Println(a, s, pick(true), pick(false) == nil)
	_, err = fails(true)
	fmt.Println(err, err == tooBig(1))
	_, err = fails(false)
	fmt.Println(err == nil)
	for _, a = range []id{5, 6} {
		fmt.Print(a, " ")
	}
	for a, s = range map[id]id{7: 8} {
		fmt.Print(a, s, " ")
	}
	for a = range id(2) {
		fmt.Print(a, " ")
	}
	c := make(chan any, 3)
	c <- id(9)
	var send chan<- any = c
	send <- point{1, 2, "t"}
	ids := make(chan id, 1)
	ids <- 10
	select {
	case a = <-ids:
	}
	fmt.Println(<-c, <-c, a)
	c <- id(11)
	select {
	case v, ok := <-c:
		_, is := v.(id)
		fmt.Println(v, ok, is)
	}
	m := map[string]any{"a": id(1), "p": &point{1, 2, ""}}
	m["b"] = id(2)
	m["q"], m["r"] = id(3), point{}
	if v, ok := m["a"].(id); ok {
		fmt.Println(v+1, ok)
	}
	if _, ok := m["none"].(id); !ok {
		fmt.Println("none")
	}
	v, ok := m["p"].(*point)
	v.Move(5)
	fmt.Println(m["p"], ok, variadic(id(1), point{3, 4, ""}, nil, []id{1}), variadic([]any{id(2), 3}...), stringers(id(1), &point{}, point{1, 1, ""}), stringers())
	arr := [...]any{2: id(2), 0: "x"}
	st := struct {
		A any
		S fmt.Stringer
	}{id(1), id(2)}
	st.A, st.S = st.S, id(5)
	pa := &st.A
	*pa = point{7, 7, ""}
	fmt.Println(arr, st, len(arr))

	// copies and pointers
	p := point{1, 2, ""}
	boxed := any(p)
	p.X = 100
	ptr := any(&p)
	p.Y = 50
	fmt.Println(boxed, ptr, boxed.(point).X, ptr.(*point).Y)
	ptr.(mover).Move(1)
	q := *ptr.(*point)
	q.X = 0
	fmt.Println(p.X, ptr, q)
	sum, e := ptr.(summer).Sum(1, 2)
	_, big := e.(tooBig)
	fmt.Println(sum, e, big)
	sum, e = boxed.(summer).Sum([]int{1, 2}...)
	fmt.Println(sum, e)
	f := boxed.(summer).Sum
	fmt.Println(f(1))
	_, isMover := boxed.(mover)
	fmt.Println(isMover)
	mx := matrix{{1, 2}, {3, 4}}
	bm := any(mx)
	mx[0][0] = 9
	fmt.Println(bm, mx, bm.(matrix)[1][1], bm == any(matrix{{1, 2}, {3, 4}}))
	var ap applier = op(func(x int) int { return x * 2 })
	fmt.Println(ap.apply(4), ap.(op)(5))
	ic := make(ch, 1)
	ic <- 3
	fmt.Println(any(ic).(interface{ first() id }).first())
	d := &derived{n: 1}
	var n noter = d
	n.note("one")
	n.(*derived).note("two")
	fmt.Println(d.log, fmt.Sprintf("%+v", *d))

	// local types
	type local struct {
		id
		k int
	}
	l := local{3, 4}
	var la any = l
	_, isLocal := la.(local)
	fmt.Println(l, la, isLocal, la.(fmt.Stringer).String(), fmt.Sprintf("%T %+v", la, []local{l}))
	for i := range 2 {
		type local int
		la = local(i)
		_, isLocal = la.(local)
		fmt.Printf("%T %v %t\n", la, la, isLocal)
	}

	// what compiled code does with them
	h := &queue{{1, id(1)}, {5, point{}}, {3, "x"}}
	heap.Init(h)
	heap.Push(h, &job{4, id(4)})
	for h.Len() > 0 {
		j := heap.Pop(h).(*job)
		fmt.Print(j.prio, ":", j.what, " ")
	}
	fmt.Println()
	var buf bytes.Buffer
	var w io.Writer = upper{&buf}
	nn, err := io.Copy(w, &letters{3})
	io.MultiWriter(w, upper{io.Discard}).Write([]byte("x"))
	bw := bufio.NewWriter(w)
	fmt.Fprintf(bw, "%v-%d", id(3), id(3))
	bw.Flush()
	fmt.Println(buf.String(), nn, err)
	log.New(upper{os.Stdout}, "log: ", 0).Println("said", id(1))
	rec := httptest.NewRecorder()
	mux := http.NewServeMux()
	mux.Handle("/x", hello{"you"})
	mux.ServeHTTP(rec, httptest.NewRequest("GET", "/x", nil))
	fmt.Println(rec.Body)
	js, err := json.Marshal(map[colour][]colour{1: {0, 1}})
	var back map[colour][]colour
	fmt.Println(string(js), err, json.Unmarshal(js, &back), back, json.Unmarshal([]byte(`["blue"]`), &[]colour{}))
	fmt.Printf("%v %d %+v|%#v %v|%s\n", secret("s"), []secret{"t"}, map[string]any{"k": secret("u")}, goish{1}, goish{1}, []any{secret("")})
	fs := flag.NewFlagSet("f", flag.ContinueOnError)
	var ts tags
	fs.Var(&ts, "t", "tags")
	fmt.Println(fs.Parse([]string{"-t", "a", "-t=b"}), ts, &ts)
	template.Must(template.New("").Parse("{{range .}}{{.Sound}} {{end}}{{len .}}\n")).Execute(os.Stdout, []animal{dog{"Rex"}, &cat{9}})
	template.Must(template.New("").Parse("{{.Sum 1 2}} {{.X}} {{.}}\n")).Execute(os.Stdout, point{1, 2, "t"})
	gob.Register(dog{})
	gob.Register(&cat{})
	var net bytes.Buffer
	fmt.Println(gob.NewEncoder(&net).Encode(map[string]any{"d": dog{"G"}, "c": &cat{7}}))
	var got map[string]any
	fmt.Println(gob.NewDecoder(&net).Decode(&got), got["d"].(dog).Name, got["c"].(animal).Sound())
	ctx := context.WithValue(context.Background(), id(1), point{1, 1, ""})
	fmt.Println(ctx.Value(id(1)).(point).X, ctx.Value(1))
	var av atomic.Value
	av.Store(point{1, 2, ""})
	fmt.Println(av.Load().(point), av.CompareAndSwap(point{1, 2, ""}, point{3, 4, ""}))
	pool := sync.Pool{New: func() any { return &point{5, 5, ""} }}
	fmt.Println(pool.Get().(*point))
	ll := list.New()
	ll.PushBack(id(1))
	ll.PushFront(dog{"l"})
	for el := ll.Front(); el != nil; el = el.Next() {
		switch x := el.Value.(type) {
		case id:
			fmt.Print("id ", int(x), " ")
		case animal:
			fmt.Print(x.Sound(), " ")
		}
	}
	fmt.Println()
	as := []animal{&cat{3}, dog{"z"}, dog{"a"}}
	sort.SliceStable(as, func(i, j int) bool { return as[i].Sound() < as[j].Sound() })
	slices.SortFunc(as[1:], func(a, b animal) int { return strings.Compare(b.Sound(), a.Sound()) })
	fmt.Println(as[0], as[1].(dog).Name, slices.IndexFunc(as, func(a animal) bool { _, ok := a.(*cat); return ok }), slices.Contains(as, animal(dog{"z"})))
	var once sync.Once
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[any]int{}
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			once.Do(func() { a = id(77) })
			mu.Lock()
			defer mu.Unlock()
			seen[id(i%2)]++
		}()
	}
	wg.Wait()
	fmt.Println(a, seen)
	var x, y int
	fmt.Println(fmt.Sscan("3 4", &x, &y))
	defer func() {
		var te tooBig
		r := recover()
		te, _ = r.(tooBig)
		fmt.Println(r, te == 500)
	}()
	defer fmt.Println("deferred", id(1), boxed)
	var sm summer = point{499, 1, ""}
	if _, err := sm.Sum(); err != nil {
		panic(err)
	}
}
