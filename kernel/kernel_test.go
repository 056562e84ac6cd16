package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/session"
)

type cells = map[string]func(ctx context.Context, out session.Output) (*session.Result, error)

var errPlain = errors.New("no")

func fails(context.Context, session.Output) (*session.Result, error) {
	return nil, &session.CellError{EName: "panic", Message: "oh"}
}

// untilInterrupted is a cell that ends by an interrupt only, having said that it runs.
func untilInterrupted(ctx context.Context, out session.Output) (*session.Result, error) {
	out.Clear(false)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestWhatACellPublishes(t *testing.T) {
	s := &script{cells: cells{
		"prints": func(_ context.Context, out session.Output) (*session.Result, error) {
			out.Stdout("a")
			out.Stdout("b\n")
			out.Stderr("c")
			out.Stdout("d")
			return nil, nil
		},
		"shows": func(_ context.Context, out session.Output) (*session.Result, error) {
			out.Stdout("before\n")
			out.Display(session.Data{MIME: map[string]any{"text/html": "<b>"}, ID: "x"})
			out.Clear(true)
			out.Display(session.Data{MIME: map[string]any{"text/html": "<i>"}, ID: "x", Update: true})
			return value("7"), nil
		},
		"fails": fails,
	}}
	for _, tt := range []struct {
		name    string
		request map[string]any
		want    string
		reply   string
	}{
		{"streams, in order and merged", map[string]any{"code": "prints"}, `execute_input {"code":"prints","execution_count":1}
stream {"name":"stdout","text":"ab\n"}
stream {"name":"stderr","text":"c"}
stream {"name":"stdout","text":"d"}
`, `{"status":"ok","execution_count":1,"payload":[],"user_expressions":{}}`},
		{"displays and a value", map[string]any{"code": "shows"}, `execute_input {"code":"shows","execution_count":1}
stream {"name":"stdout","text":"before\n"}
display_data {"data":{"text/html":"<b>"},"metadata":{},"transient":{"display_id":"x"}}
clear_output {"wait":true}
update_display_data {"data":{"text/html":"<i>"},"metadata":{},"transient":{"display_id":"x"}}
execute_result {"data":{"text/plain":"7"},"metadata":{},"transient":{},"execution_count":1}
`, `{"status":"ok","execution_count":1,"payload":[],"user_expressions":{}}`},
		{"one error", map[string]any{"code": "fails"}, `execute_input {"code":"fails","execution_count":1}
error {"ename":"panic","evalue":"oh","traceback":["\u001b[0;31mpanic\u001b[0m: oh"]}
`, `{"status":"error","execution_count":1,"ename":"panic","evalue":"oh","traceback":["\u001b[0;31mpanic\u001b[0m: oh"]}`},
		{"silent", map[string]any{"code": "shows", "silent": true}, "", `{"status":"ok","execution_count":1,"payload":[],"user_expressions":{}}`},
		{"expressions", map[string]any{"code": "prints", "silent": true, "user_expressions": map[string]string{"a": "1", "b": "fails", "c": "prints"}}, "",
			`{"status":"ok","execution_count":1,"payload":[],"user_expressions":{"a":{"data":{"text/plain":"1"},"metadata":{},"status":"ok"},` +
				`"b":{"status":"error","ename":"panic","evalue":"oh","traceback":["\u001b[0;31mpanic\u001b[0m: oh"]},` +
				`"c":{"status":"error","ename":"Error","evalue":"it has no value","traceback":["\u001b[0;31mError\u001b[0m: it has no value"]}}}`},
		{"a magic", map[string]any{"code": "%who"}, `execute_input {"code":"%who","execution_count":1}
stream {"name":"stdout","text":"var  x  int  5\n"}
`, `{"status":"ok","execution_count":1,"payload":[],"user_expressions":{}}`},
		{"an unknown magic", map[string]any{"code": "%woh", "silent": true}, "",
			`{"status":"error","execution_count":1,"ename":"UsageError","evalue":"unknown magic %woh; did you mean %who?","traceback":["\u001b[0;31mUsageError\u001b[0m: unknown magic %woh; did you mean %who?"]}`},
		{"a question", map[string]any{"code": "x?", "silent": true}, "",
			`{"status":"ok","execution_count":1,"payload":[{"data":{"text/plain":"x at 1, level 0"},"source":"page","start":0}],"user_expressions":{}}`},
		{"a question without an answer", map[string]any{"code": "unknown?", "silent": true}, "",
			`{"status":"error","execution_count":1,"ename":"UsageError","evalue":"nothing is known about unknown","traceback":["\u001b[0;31mUsageError\u001b[0m: nothing is known about unknown"]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, s)
			got, reply := c.done(c.send(jupyter.Shell, "execute_request", tt.request))
			want := "status {\"execution_state\":\"busy\"}\n" + tt.want + "status {\"execution_state\":\"idle\"}\n"
			if got != want {
				t.Errorf("published\n%swant\n%s", got, want)
			}
			if string(reply.Content) != tt.reply {
				t.Errorf("reply %s\nwant  %s", reply.Content, tt.reply)
			}
		})
	}
}

func TestEveryRequestIsAnsweredBetweenBusyAndIdle(t *testing.T) {
	for _, tt := range []struct {
		ch      jupyter.Channel
		msgType string
		content any
		want    string // in the reply
	}{
		{jupyter.Shell, "kernel_info_request", nil, `"file_extension":".go"`},
		{jupyter.Control, "kernel_info_request", nil, `"protocol_version":"5.5"`},
		{jupyter.Control, "kernel_info_request", nil, `Cells run interpreted.`},
		{jupyter.Shell, "complete_request", map[string]any{"code": "é := x", "cursor_pos": 6}, `"cursor_end":6,"cursor_start":5,"matches":["xyz"],"metadata":{"_jupyter_types_experimental":[{"end":6,"signature":"func()","start":5,"text":"xyz","type":"function"}]}`},
		{jupyter.Shell, "complete_request", map[string]any{"code": "x\n%ti", "cursor_pos": 5}, `"cursor_end":5,"cursor_start":3,"matches":["tier","time","timeit"]`},
		{jupyter.Shell, "complete_request", map[string]any{"code": "x", "cursor_pos": 99}, `"matches":["xyz"]`},
		{jupyter.Shell, "inspect_request", map[string]any{"code": "éa", "cursor_pos": 1, "detail_level": 1}, `"data":{"text/plain":"éa at 2, level 1"},"found":true`},
		{jupyter.Shell, "inspect_request", map[string]any{"code": "unknown", "cursor_pos": -1}, `"data":{},"found":false`},
		{jupyter.Shell, "is_complete_request", map[string]any{"code": "if x {"}, `{"indent":"\t","status":"incomplete"}`},
		{jupyter.Shell, "is_complete_request", map[string]any{"code": "%time {"}, `{"status":"complete"}`},
		{jupyter.Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 3}, `{"history":[],"status":"ok"}`},
		{jupyter.Shell, "history_request", map[string]any{"hist_access_type": "all"}, `"evalue":"hist_access_type is \"all\"; want range, tail or search"`},
		{jupyter.Shell, "comm_info_request", nil, `{"comms":{},"status":"ok"}`},
		{jupyter.Control, "interrupt_request", nil, `{"status":"ok"}`},
		{jupyter.Control, "debug_request", map[string]any{"seq": 4, "command": "attach", "type": "request"}, `"command":"attach","message":"this kernel has no debugger`},
		{jupyter.Control, "list_subshell_request", nil, `{"status":"ok","subshell_id":[]}`},
		{jupyter.Shell, "future_request", nil, `"ename":"NotSupported"`},
		{jupyter.Shell, "execute_request", []int{1}, `"status":"error"`},
	} {
		t.Run(tt.msgType+" on "+string(tt.ch), func(t *testing.T) {
			c := start(t, &script{})
			<-c.k.sessionStarted // the banner says how cells run from then on
			published, reply := c.done(c.send(tt.ch, tt.msgType, tt.content))
			if want := "status {\"execution_state\":\"busy\"}\nstatus {\"execution_state\":\"idle\"}\n"; published != want {
				t.Errorf("published\n%swant\n%s", published, want)
			}
			if !strings.Contains(string(reply.Content), tt.want) {
				t.Errorf("reply %s\nwant one with %s", reply.Content, tt.want)
			}
			if want := strings.TrimSuffix(tt.msgType, "_request") + "_reply"; reply.Header.Type != want {
				t.Errorf("the reply is a %s, want %s", reply.Header.Type, want)
			}
			if !strings.Contains(string(reply.Parent), `"future":true`) {
				t.Errorf("the parent header has lost a key: %s", reply.Parent)
			}
			if reply.Header.Session != c.k.author.Session() {
				t.Errorf("the reply's session is %s, not the kernel's", reply.Header.Session)
			}
		})
	}
}

// counts runs cells and returns the count of each reply.
func counts(c *client, requests ...map[string]any) []int {
	var out []int
	for _, r := range requests {
		_, reply := c.done(c.send(jupyter.Shell, "execute_request", r))
		var content struct {
			Count int `json:"execution_count"`
		}
		if err := json.Unmarshal(reply.Content, &content); err != nil {
			c.t.Fatal(err)
		}
		out = append(out, content.Count)
	}
	return out
}

func TestExecutionCounts(t *testing.T) {
	c := start(t, &script{cells: cells{"fails": fails}})
	got := counts(c,
		map[string]any{"code": "a"},
		map[string]any{"code": "b", "silent": true},
		map[string]any{"code": "c", "silent": true, "store_history": true},
		map[string]any{"code": "d", "store_history": false},
		map[string]any{"code": "fails"},
		map[string]any{"code": "e"},
	)
	if want := []int{1, 2, 2, 2, 2, 3}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, reply := c.done(c.send(jupyter.Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 9, "output": true}))
	if want := `{"history":[[1,1,["a","a"]],[1,2,["fails",null]],[1,3,["e","e"]]],"status":"ok"}`; string(reply.Content) != want {
		t.Errorf("history is %s\nwant       %s", reply.Content, want)
	}
}

// statuses are the replies to requests that are all sent while the first runs.
func statuses(c *client, first map[string]any, release func(), rest ...string) string {
	ids := []string{c.send(jupyter.Shell, "execute_request", first)}
	c.waitFor(ids[0], "clear_output")
	for _, code := range rest {
		ids = append(ids, c.execute(code))
	}
	ids = append(ids, c.send(jupyter.Shell, "history_request", map[string]any{"hist_access_type": "tail"}))
	release()
	var out []string
	for _, id := range ids {
		_, reply := c.done(id)
		var content struct{ Status string }
		if err := json.Unmarshal(reply.Content, &content); err != nil {
			c.t.Fatal(err)
		}
		out = append(out, content.Status)
	}
	return strings.Join(out, " ")
}

func TestAFailureHoldsBackWhatIsQueued(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first map[string]any
		want  string
	}{
		{"stop_on_error is the default", map[string]any{"code": "waits, fails"}, "error aborted aborted ok"},
		{"stop_on_error", map[string]any{"code": "waits, fails", "stop_on_error": true}, "error aborted aborted ok"},
		{"without", map[string]any{"code": "waits, fails", "stop_on_error": false}, "error ok ok ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			release := make(chan struct{})
			s := &script{cells: cells{"waits, fails": func(_ context.Context, out session.Output) (*session.Result, error) {
				out.Clear(false)
				<-release
				return nil, errPlain
			}}}
			c := start(t, s)
			got := statuses(c, tt.first, func() { close(release) }, "a", "b")
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if _, reply := c.done(c.execute("later")); !strings.Contains(string(reply.Content), `"ok"`) {
				t.Errorf("a later cell: %s", reply.Content)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	c := start(t, &script{cells: cells{"forever": untilInterrupted}})
	got := statuses(c, map[string]any{"code": "forever"}, func() {
		// Control is served while the cell runs, and so is what needs no session.
		if _, reply := c.done(c.send(jupyter.Shell, "kernel_info_request", nil)); reply == nil {
			t.Error("no kernel_info while a cell runs")
		}
		c.done(c.send(jupyter.Control, "interrupt_request", nil))
	}, "a", "b")
	if want := "error aborted aborted ok"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !slices.ContainsFunc(c.reps, func(m *jupyter.Message) bool {
		return strings.Contains(string(m.Content), `"ename":"KeyboardInterrupt"`)
	}) {
		t.Errorf("no reply says that the cell was interrupted: %v", c.reps)
	}
	c.done(c.send(jupyter.Control, "interrupt_request", nil)) // between cells
	if _, reply := c.done(c.execute("1")); !strings.Contains(string(reply.Content), `"ok"`) {
		t.Errorf("after the interrupt: %s", reply.Content)
	}
}

func TestInterruptEndsACommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are a Unix shell's")
	}
	c := start(t, &script{})
	id := c.execute("!echo begun; sleep 1000\nnever")
	c.waitFor(id, "stream")
	c.done(c.send(jupyter.Control, "interrupt_request", nil))
	published, reply := c.done(id)
	if !strings.Contains(string(reply.Content), `"ename":"KeyboardInterrupt"`) || strings.Contains(published, "execute_result") {
		t.Errorf("got %s and\n%s", reply.Content, published)
	}
}

func TestShutdownEndsARunningCellAndTheKernel(t *testing.T) {
	for _, ch := range []jupyter.Channel{jupyter.Control, jupyter.Shell} {
		c := start(t, &script{cells: cells{"forever": untilInterrupted}})
		cell := c.execute("forever")
		c.waitFor(cell, "clear_output")
		published, reply := c.done(c.send(ch, "shutdown_request", map[string]any{"restart": true}))
		if want := `{"restart":true,"status":"ok"}`; string(reply.Content) != want {
			t.Errorf("on %s: reply is %s, want %s", ch, reply.Content, want)
		}
		if !strings.Contains(published, "shutdown_reply") {
			t.Errorf("on %s: not published on iopub:\n%s", ch, published)
		}
		c.idle(cell)
		<-c.k.iopub.done
	}
}

func TestInput(t *testing.T) {
	s := &script{cells: cells{
		"asks": func(_ context.Context, out session.Output) (*session.Result, error) {
			out.Clear(false)
			text, err := out.Input("name: ", true)
			if errors.Is(err, io.EOF) {
				return value("end"), nil
			} else if err != nil {
				return nil, err
			}
			return value(text), nil
		},
	}}
	s.cells["asks and goes on"] = func(_ context.Context, out session.Output) (*session.Result, error) {
		if _, err := out.Input("name: ", false); err == nil {
			return value("a name"), nil
		}
		return nil, &session.CellError{EName: "*errors.errorString", Message: "EOF"}
	}
	t.Run("an answer", func(t *testing.T) {
		c := start(t, s)
		c.input("too early")
		id := c.execute("asks")
		asked := c.await(&c.asked, func(m *jupyter.Message) bool { return answers(m, id) })
		if want := `{"password":true,"prompt":"name: "}`; string(asked.Content) != want {
			t.Errorf("asked %s, want %s", asked.Content, want)
		}
		c.input("me")
		c.input("too late")
		if got, _ := c.done(id); !strings.Contains(got, `"text/plain":"me"`) {
			t.Errorf("published\n%s", got)
		}
	})
	t.Run("the end of input", func(t *testing.T) {
		c := start(t, s)
		id := c.execute("asks")
		c.await(&c.asked, func(m *jupyter.Message) bool { return answers(m, id) })
		c.input("\x04")
		if got, _ := c.done(id); !strings.Contains(got, `"text/plain":"end"`) {
			t.Errorf("published\n%s", got)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		c := start(t, s)
		id := c.execute("asks")
		c.await(&c.asked, func(m *jupyter.Message) bool { return answers(m, id) })
		c.send(jupyter.Control, "interrupt_request", nil)
		if _, reply := c.done(id); !strings.Contains(string(reply.Content), "KeyboardInterrupt") {
			t.Errorf("reply is %s", reply.Content)
		}
	})
	t.Run("interrupted, but the cell goes on", func(t *testing.T) {
		c := start(t, s)
		id := c.execute("asks and goes on")
		c.await(&c.asked, func(m *jupyter.Message) bool { return answers(m, id) })
		c.send(jupyter.Control, "interrupt_request", nil)
		if got, reply := c.done(id); !strings.Contains(string(reply.Content), "KeyboardInterrupt") || strings.Contains(got, "execute_result") {
			t.Errorf("reply is %s, published\n%s", reply.Content, got)
		}
	})
	t.Run("not allowed", func(t *testing.T) {
		c := start(t, s)
		_, reply := c.done(c.send(jupyter.Shell, "execute_request", map[string]any{"code": "asks"}))
		if !strings.Contains(string(reply.Content), "allow_stdin=false") || len(c.asked) > 0 {
			t.Errorf("reply is %s, asked %d times", reply.Content, len(c.asked))
		}
	})
}

// input is what the client sends on stdin; all requests here are one client's.
func (c *client) input(value string) { c.k.input.deliver("", value) }

func TestLateOutputBelongsToItsCell(t *testing.T) {
	var late session.Output
	c := start(t, &script{cells: cells{"keeps": func(_ context.Context, out session.Output) (*session.Result, error) {
		late = out
		return nil, nil
	}}})
	first := c.execute("keeps")
	c.done(first)
	c.done(c.execute("2"))
	late.Stdout("late")
	c.waitFor(first, "stream")
}

func TestWithoutASessionTheKernelStillAnswers(t *testing.T) {
	c := start(t, nil)
	c.done(c.send(jupyter.Shell, "kernel_info_request", nil))
	if _, reply := c.done(c.execute("1")); !strings.Contains(string(reply.Content), "no session for the cell: no toolchain") {
		t.Errorf("reply is %s", reply.Content)
	}
}

func TestADefectCostsTheReplyNotTheIdle(t *testing.T) {
	c := start(t, &script{cells: cells{"defect": func(context.Context, session.Output) (*session.Result, error) { panic("oh") }}})
	if _, reply := c.done(c.execute("defect")); !strings.Contains(string(reply.Content), "defect in the kernel: oh") {
		t.Errorf("reply is %s", reply.Content)
	}
	c.done(c.execute("1"))
}

// 100,000 lines become few messages, in order and complete, with the idle after them.
func TestAFloodIsGatheredAndComplete(t *testing.T) {
	const lines = 100_000
	c := start(t, &script{cells: cells{"flood": func(_ context.Context, out session.Output) (*session.Result, error) {
		for i := range lines {
			out.Stdout(fmt.Sprintln(i))
		}
		return nil, nil
	}}})
	id := c.execute("flood")
	c.done(id)
	var text strings.Builder
	messages := 0
	for _, m := range c.iopub {
		var s struct{ Text string }
		if m.Header.Type == "stream" && json.Unmarshal(m.Content, &s) == nil {
			text.WriteString(s.Text)
			messages++
		}
	}
	var want strings.Builder
	for i := range lines {
		fmt.Fprintln(&want, i)
	}
	if text.String() != want.String() {
		t.Errorf("the text is not what was printed: %d bytes, want %d", text.Len(), want.Len())
	}
	if messages > 1000 {
		t.Errorf("%d messages for %d lines", messages, lines)
	}
}

// Streams that alternate quickly keep the order within each, in a bounded number of messages.
func TestStreamsThatAlternate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, &script{cells: cells{"alternates": func(_ context.Context, out session.Output) (*session.Result, error) {
			for range 1000 {
				out.Stdout("o")
				out.Stderr("e")
			}
			return nil, nil
		}}})
		published, _ := c.done(c.execute("alternates"))
		if n := strings.Count(published, "stream"); n > maxSegments {
			t.Errorf("%d messages, want at most %d", n, maxSegments)
		}
		if o, e := strings.Count(published, "o"), strings.Count(published, "e"); o < 1000 || e < 1000 {
			t.Errorf("text was lost: %d, %d", o, e)
		}
	})
}

// What is printed appears while the cell runs: the first text soon, the rest in steps.
func TestOutputIsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		c := start(t, &script{cells: cells{"steps": func(_ context.Context, out session.Output) (*session.Result, error) {
			for range 100 {
				out.Stdout(".")
				<-time.After(10 * time.Millisecond)
			}
			return nil, nil
		}}})
		id := c.execute("steps")
		c.waitFor(id, "stream")
		if d := time.Since(begin); d > 2*gather {
			t.Errorf("the first text came after %v", d)
		}
		published, _ := c.done(id)
		if n := strings.Count(published, "stream"); n < 15 || n > 25 {
			t.Errorf("%d messages in a second, want about 20", n)
		}
	})
}

func TestControlIsServedWhileAClientReadsNothing(t *testing.T) {
	flooding := make(chan struct{})
	c := start(t, &script{cells: cells{"floods": func(ctx context.Context, out session.Output) (*session.Result, error) {
		close(flooding)
		for ctx.Err() == nil {
			out.Clear(false)
		}
		return nil, context.Cause(ctx)
	}}})
	c.done(c.send(jupyter.Control, "kernel_info_request", nil))
	cell := c.execute("floods")
	<-flooding
	hold := make(chan struct{})
	c.mu.Lock()
	c.hold = hold
	c.mu.Unlock()
	for c.k.iopub.line.ahead.Load() == 0 {
		runtime.Gosched()
	}
	asked := c.send(jupyter.Control, "interrupt_request", nil)
	c.await(&c.reps, func(m *jupyter.Message) bool { return answers(m, asked) })
	close(hold)
	if got := c.idle(asked); got != "status {\"execution_state\":\"busy\"}\nstatus {\"execution_state\":\"idle\"}\n" {
		t.Errorf("published %s", got)
	}
	c.done(cell)
}
