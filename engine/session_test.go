package engine

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
)

// TestMain plays the workers that the tests start.
func TestMain(m *testing.M) {
	session.Register()
	role.Dispatch()
	os.Exit(m.Run())
}

// real starts a worker process for engine 5.
func real(t *testing.T) Worker {
	t.Helper()
	w, err := NewSession(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// say returns an Output that keeps what is printed.
func say(to *strings.Builder) Output {
	return func(_ bool, text string) { to.WriteString(text) }
}

func execute(source string) *Task {
	return &Task{Task: proto.Task{Kind: proto.JobExecute, Engine: 5, N: 1, Source: source}}
}

func variable(t *testing.T, value any) proto.Block {
	t.Helper()
	data, err := codec.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var b proto.Block
	b.Append(data)
	return b
}

// TestAWorkersNamespace is a session's transcript: what is run, and what comes of it.
func TestAWorkersNamespace(t *testing.T) {
	w := real(t)
	push := &Task{Task: proto.Task{Kind: proto.JobPush, N: 1, Names: []string{"a"}, Types: []string{"int"}, Inputs: []proto.Block{variable(t, 20)}}}
	pull := func(expr string) *Task { return &Task{Task: proto.Task{Kind: proto.JobPull, N: 1, Source: expr}} }
	for _, c := range []struct {
		do   *Task
		want string
	}{
		{push, ""},
		{execute(`b := a + 2; fmt.Println("b is", b)`), "prints b is 22\n"},
		{execute(`b * 2`), "shows 44"},
		{execute(`fmt.Print(os.Getenv("GOCLUSTER_ENGINE"))`), "prints 5"},
		{pull(`b`), "int 22"},
		{pull(`[]string{"x"}`), "[]string [x]"},
		{execute(`b.c`), "compile error: "},
		{execute(`panic("oh")`), "panic: "},
		{pull(`nothing`), "compile error: "},
		{&Task{Task: proto.Task{Kind: proto.JobPush, N: 1, Names: []string{"a"}}}, "internal error: "},
		{&Task{Task: proto.Task{Kind: 99, N: 1}}, "internal error: "},
		{&Task{Task: proto.Task{Kind: proto.JobClear, N: 1}}, ""},
		{pull(`b`), "compile error: "},
	} {
		var printed strings.Builder
		k, err := w.Run(t.Context(), c.do, say(&printed))
		got := outcome(t, k, err)
		if printed.Len() > 0 {
			got = "prints " + printed.String()
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s %q: got %q, want %q", c.do.Kind, c.do.Source, got, c.want)
		}
	}
}

// outcome is what came of a task, as text.
func outcome(t *testing.T, k proto.Chunk, err error) string {
	t.Helper()
	switch e, _ := err.(*proto.Error); {
	case e != nil:
		return e.Kind.String() + ": " + e.Message
	case err != nil:
		return err.Error()
	case len(k.Outputs) == 0 || len(k.Outputs[0].At(0)) == 0:
		return ""
	case len(k.Types) == 0:
		_, shown, _ := strings.Cut(string(k.Outputs[0].At(0)), `"text/plain":"`)
		shown, _, _ = strings.Cut(shown, `"`)
		return "shows " + shown
	}
	typ, err := codec.ParseType(k.Types[0])
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.New(typ)
	if err := codec.Unmarshal(k.Outputs[0].At(0), v.Interface()); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(typ, " ", v.Elem().Interface())
}

func TestAWorkerCallsShippedFunctions(t *testing.T) {
	divide := &unit.Unit{
		Name: "divide", Entry: "divide", Params: []string{"int"}, Results: []string{"int"},
		Source: "package main\n\nfunc divide(x int) int { return 100 / x }\n",
	}
	task := &Task{
		Task: proto.Task{Kind: proto.JobCall, Engine: 5, First: 10, N: 3, Inputs: []proto.Block{proto.RangeBlock(-1, 3, 1)}},
		Unit: divide,
	}
	k, err := real(t).Run(t.Context(), task, func(bool, string) {})
	if err != nil {
		t.Fatal(err)
	}
	out, err := codec.Values(k.Outputs[0], reflect.TypeFor[int]())
	if err != nil || !reflect.DeepEqual(out.Interface(), []int{-100, 0, 100}) {
		t.Errorf("got %v, %v", out, err)
	}
	if len(k.Errors) != 1 || k.Errors[0].Index != 11 || k.Errors[0].Kind != proto.KindPanic {
		t.Errorf("errors %+v, want that element 11 panicked", k.Errors)
	}
}

func TestHowAWorkerDies(t *testing.T) {
	for source, want := range map[string]string{
		`os.Exit(3)`: "os.Exit(3)",
		`p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}`: "killed by signal 9",
	} {
		w := real(t)
		_, err := w.Run(t.Context(), execute(source), func(bool, string) {})
		if err == nil || !strings.Contains(err.Error(), ErrDied.Error()) {
			t.Errorf("%s: got %v, want that the worker died", source, err)
		}
		<-w.Died()
		if got := w.Death(); !strings.Contains(got, want) {
			t.Errorf("%s: died of %q, want %q", source, got, want)
		}
	}
}

func TestAKilledWorkerIsReplacedWithinASecond(t *testing.T) {
	d := newDesk(t, 1, nil, func(c *Config) { c.NewWorker = NewSession })
	up := next[*proto.EngineUp](d)
	d.tell(&proto.Assign{Tasks: []proto.Task{{ID: 1, Attempt: 1, Engine: 10, N: 1, Kind: proto.JobExecute, Source: "for {}"}}})
	next[*proto.TaskStarted](d)
	p, err := os.FindProcess(up.PID)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if m := next[*proto.TaskLost](d); !m.Started || !strings.Contains(m.Reason, "killed by signal 9") {
		t.Errorf("got %+v", m)
	}
	if again := next[*proto.EngineUp](d); again.Engine != 10 || again.PID == up.PID {
		t.Errorf("got %+v, want engine 10 with another process", again)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("the replacement took %v", took)
	}
	d.over()
}

// Who misses a variable on an engine is told that its process was replaced.
func TestWhatIsNotThereMayHaveGoneWithTheProcessBefore(t *testing.T) {
	d := newDesk(t, 1, nil, func(c *Config) { c.NewWorker = NewSession })
	up := next[*proto.EngineUp](d)
	id := 0
	fails := func(kind proto.JobKind, source string) string {
		t.Helper()
		id++
		d.tell(&proto.Assign{Tasks: []proto.Task{{ID: proto.TaskID(id), Attempt: 1, Engine: 10, N: 1, Kind: kind, Source: source}}})
		m := next[*proto.TaskDone](d)
		if len(m.Chunk.Errors) == 0 {
			return ""
		}
		return m.Chunk.Errors[0].Message
	}
	if got, want := fails(proto.JobPull, "x"), "undefined: x"; got != want {
		t.Errorf("in the first process: got %q, want %q", got, want)
	}
	p, err := os.FindProcess(up.PID)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	next[*proto.EngineDown](d)
	next[*proto.EngineUp](d)
	for _, c := range []struct {
		kind         proto.JobKind
		source, want string
	}{
		{proto.JobPull, "x", "undefined: x\nengine 10 lost its variables and declarations when its process ended (killed by signal 9"},
		{proto.JobExecute, "x + 1", "undefined: x\nengine 10 lost"},
		{proto.JobExecute, "y := \"1\" + 1", "mismatched"},
		{proto.JobExecute, "x := 1", ""},
		{proto.JobPull, "x", ""},
	} {
		got := fails(c.kind, c.source)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) || !strings.HasPrefix(c.want, "undefined") && strings.Contains(got, "lost its") {
			t.Errorf("%s: got %q, want %q", c.source, got, c.want)
		}
	}
	d.over()
}

func TestATaskThatIsTakenBackEndsSoon(t *testing.T) {
	d := newDesk(t, 1, nil, func(c *Config) { c.NewWorker = NewSession })
	d.ups(1)
	d.tell(&proto.Assign{Tasks: []proto.Task{
		{ID: 1, Attempt: 1, Engine: 10, N: 1, Kind: proto.JobExecute, Source: "for {}"},
		{ID: 2, Attempt: 1, Engine: 10, N: 1, Kind: proto.JobExecute, Source: "1"},
	}})
	next[*proto.TaskStarted](d)
	d.tell(&proto.Revoke{Tasks: []proto.Held{{Task: 1, Attempt: 1, Engine: 10}}})
	if m := next[*proto.TaskLost](d); m.Task != 1 {
		t.Errorf("got %+v", m)
	}
	if m := next[*proto.TaskDone](d); m.Task != 2 || len(m.Chunk.Errors) > 0 {
		t.Errorf("got %+v, want task 2 done", m)
	}
	d.over()
}

func TestCellsBringTheirValuesAndPlaces(t *testing.T) {
	w := real(t)
	run := func(source string) (proto.Chunk, *proto.Error) {
		task := execute(source)
		task.Cell, task.Line, task.Keep = "In[9]", 4, true
		k, err := w.Run(t.Context(), task, func(bool, string) {})
		var failure *proto.Error
		if err != nil && !errors.As(err, &failure) {
			t.Fatal(err)
		}
		return k, failure
	}
	for _, tt := range []struct{ source, json, kept string }{
		{"x := []int{1, 2}\nx", `"Count":1,`, "[]int [1 2]"},
		{"func tried() (int, error) { return len(x), nil }\ntried()", `"Count":2,`, "int 2"},
		{"func both() (int, int) { return x[0], x[1] }\nboth()", `"Unkept":"it is several values"`, ""},
		{"make(chan int)", `a channel cannot leave the process`, ""},
		{"x = nil", `"Count":5,`, ""},
	} {
		k, failure := run(tt.source)
		if failure != nil {
			t.Errorf("%s: %v", tt.source, failure)
			continue
		}
		if !strings.Contains(string(k.Outputs[0].At(0)), tt.json) {
			t.Errorf("%s: got %s", tt.source, k.Outputs[0].At(0))
		}
		kept := ""
		if len(k.Outputs) > 1 {
			v, err := codec.Decode(k.Outputs[1].At(0))
			if err != nil {
				t.Fatal(err)
			}
			kept = fmt.Sprint(k.Types[0], " ", v)
		}
		if kept != tt.kept {
			t.Errorf("%s: kept %s, want %s", tt.source, kept, tt.kept)
		}
	}
	_, failure := run("x = nil\nnope()")
	if failure == nil || failure.Message != "undefined: nope" || failure.Trace != "\tIn[9]:5:1" {
		t.Errorf("does not compile: got %+v", failure)
	}
	if _, failure = run("\npanic(1)"); failure == nil || !strings.Contains(failure.Trace, "In[9]:5") {
		t.Errorf("panics: got %+v", failure)
	}
}
