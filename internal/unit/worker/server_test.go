package worker

import (
	"bufio"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
)

// pipe is a host's end of a program that runs in this process, for as long as it lives.
type pipe struct {
	t    *testing.T
	to   *os.File
	from *bufio.Reader
	next proto.TaskID
}

// playing keeps the hosts' ends open: a server whose host is gone ends the process.
var playing []*pipe

// play has a server run f, and returns its host's end.
func play(t *testing.T, f func(x int) (int, error)) *pipe {
	t.Helper()
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	types := []reflect.Type{reflect.TypeFor[int]()}
	s := &server{in: bufio.NewReader(in), out: out, p: &Program{Name: "f", Params: types, Results: types, Run: func(c *Call) error {
		for ; c.At < c.To; c.At++ {
			y, err := f(c.In[0].([]int)[c.At])
			if err != nil {
				return err
			}
			c.Out[0].([]int)[c.At] = y
		}
		return nil
	}}}
	go s.serve()
	_ = from.SetReadDeadline(time.Now().Add(time.Minute)) // who waits so long has hung
	p := &pipe{t: t, to: to, from: bufio.NewReader(from)}
	playing = append(playing, p)
	return p
}

// assign hands in tasks, each with the values of its elements, in one message.
func (p *pipe) assign(timeout time.Duration, tasks ...[]int) {
	p.t.Helper()
	var m proto.Assign
	for _, xs := range tasks {
		b, err := codec.Block(reflect.ValueOf(xs))
		if err != nil {
			p.t.Fatal(err)
		}
		p.next++
		m.Tasks = append(m.Tasks, proto.Task{ID: p.next, Attempt: 1, Kind: proto.JobCall, First: 10, N: len(xs), Inputs: []proto.Block{b}, Timeout: timeout})
	}
	p.say(&m)
}

func (p *pipe) say(m proto.Message) {
	p.t.Helper()
	if err := Send(p.to, m); err != nil {
		p.t.Fatal(err)
	}
}

// hear returns the next answer, which must be of type M.
func hear[M proto.Message](p *pipe) M {
	p.t.Helper()
	m, err := Receive(p.from)
	if err != nil {
		p.t.Fatal(err)
	}
	want, ok := m.(M)
	if !ok {
		p.t.Fatalf("got a %T, want a %T: %+v", m, want, m)
	}
	return want
}

// done hears the result of a task, whose values must be these.
func (p *pipe) done(id proto.TaskID, want ...int) {
	p.t.Helper()
	d := hear[*proto.TaskDone](p)
	if d.Task != id || len(d.Chunk.Errors) > 0 || d.Chunk.First != 10 || d.Chunk.N != len(want) {
		p.t.Fatalf("got %+v, want task %d with %v", d, id, want)
	}
	got, err := codec.Values(d.Chunk.Outputs[0], reflect.TypeFor[int]())
	if err != nil || !reflect.DeepEqual(got.Interface(), want) {
		p.t.Fatalf("task %d came to %v, %v, want %v", id, got, err, want)
	}
}

func TestTasksAreAnsweredInOrder(t *testing.T) {
	p := play(t, func(x int) (int, error) { return 2 * x, nil })
	p.assign(0, []int{1}, []int{2, 3}, []int{4})
	p.assign(0, []int{5})
	p.done(1, 2)
	p.done(2, 4, 6)
	p.done(3, 8)
	p.done(4, 10)
}

// TestALongTaskKeepsNothingFromTheHost has a task that takes long between others: what came before it is answered meanwhile, how far it is is
// told, and what comes after it can be taken back.
func TestALongTaskKeepsNothingFromTheHost(t *testing.T) {
	gate := make(chan bool)
	p := play(t, func(x int) (int, error) {
		if x < 0 {
			<-gate
		}
		return x, nil
	})
	p.assign(0, []int{1}, []int{2, -3}, []int{4}, []int{5})
	p.done(1, 1)
	if at := hear[*proto.TaskProgress](p).Tasks[0]; at.Task != 2 || at.Done != 1 {
		t.Errorf("got %+v, want one element of task 2", at)
	}
	p.say(&proto.Revoke{Tasks: []proto.Held{{Task: 3, Attempt: 1}, {Task: 2, Attempt: 1}, {Task: 1, Attempt: 1}, {Task: 4, Attempt: 9}}})
	for {
		m, err := Receive(p.from)
		if err != nil {
			t.Fatal(err)
		}
		if lost, ok := m.(*proto.TaskLost); ok {
			if lost.Task != 3 || lost.Started {
				t.Errorf("got %+v, want task 3, which was not begun", lost)
			}
			break
		}
	}
	close(gate)
	for {
		m, err := Receive(p.from)
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := m.(*proto.TaskDone); ok {
			if d.Task != 2 {
				t.Errorf("got %+v, want task 2", d)
			}
			break
		}
	}
	p.done(4, 5)
	p.assign(0, []int{6})
	p.done(5, 6)
}

// TestAFunctionMayEndItsGoroutine has functions end what runs them.
func TestAFunctionMayEndItsGoroutine(t *testing.T) {
	p := play(t, func(x int) (int, error) {
		switch {
		case x == 1:
			runtime.Goexit()
		case x == 2:
			panic("oh")
		}
		return x, nil
	})
	p.assign(0, []int{0, 1, 2, 3}, []int{1}, []int{4})
	d := hear[*proto.TaskDone](p)
	if e := d.Chunk.Errors; len(e) != 2 || e[0].Index != 11 || !strings.Contains(e[0].Message, "Goexit") || e[1].Index != 12 || e[1].Message != "panic: oh" {
		t.Errorf("got %+v", e)
	}
	if d := hear[*proto.TaskDone](p); len(d.Chunk.Errors) != 1 {
		t.Errorf("got %+v", d.Chunk)
	}
	p.done(3, 4)
}

// TestATaskEndsWithAnElementThatDoesNot has an element that takes longer than it may: the task is answered up to it.
func TestATaskEndsWithAnElementThatDoesNot(t *testing.T) {
	p := play(t, func(x int) (int, error) {
		if x == 2 {
			select {}
		}
		return x, nil
	})
	p.assign(10*time.Millisecond, []int{1, 2, 3})
	k := hear[*proto.TaskDone](p).Chunk
	if k.N != 2 || len(k.Errors) != 1 || k.Errors[0].Index != 11 || k.Errors[0].Kind != proto.KindTimeout || k.Outputs[0].N != 2 {
		t.Errorf("got %+v", k)
	}
}
