package notebook

import (
	"encoding/json"
	"strings"
	"testing"
)

func text(s string) Bundle { return Bundle{Data: map[string]any{"text/plain": s}} }

// record runs do as the only cell of a notebook and returns its outputs as JSON.
func record(do func(r *Recorder)) string {
	n := New()
	c := n.Add(Code, "")
	r := NewRecorder()
	r.Start(c)
	do(r)
	r.Finish(1)
	raw, _ := c.fields.get("outputs")
	return string(raw)
}

func TestRecorder(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(r *Recorder)
		want string
	}{
		{"nothing", func(*Recorder) {}, `[]`},
		{"one stream in pieces", func(r *Recorder) {
			r.Stream("stdout", "a")
			r.Stream("stdout", "b\nc")
		}, `[{"name":"stdout","output_type":"stream","text":["ab\n","c"]}]`},
		{"two streams in turn", func(r *Recorder) {
			r.Stream("stdout", "a")
			r.Stream("stderr", "b")
			r.Stream("stdout", "c")
		}, `[{"name":"stdout","output_type":"stream","text":["a"]},{"name":"stderr","output_type":"stream","text":["b"]},{"name":"stdout","output_type":"stream","text":["c"]}]`},
		{"a progress bar is kept once", func(r *Recorder) {
			r.Stream("stderr", "start\r\n")
			r.Stream("stderr", "10%\r20%")
			r.Stream("stderr", "\r30%\nab\b\bx")
		}, `[{"name":"stderr","output_type":"stream","text":["start\r\n","30%\n","x"]}]`},
		{"markup stays readable", func(r *Recorder) {
			r.Result(3, "", Bundle{Data: map[string]any{"text/html": "<b>1</b>\n<i>&amp;</i>", "image/png": "iVBO\nRw0=", "application/json": map[string]any{"a": 1}}})
		}, `[{"data":{"application/json":{"a":1},"image/png":"iVBO\nRw0=","text/html":["<b>1</b>\n","<i>&amp;</i>"]},"execution_count":3,"metadata":{},"output_type":"execute_result"}]`},
		{"an error", func(r *Recorder) { r.Error("panic", "oh", nil) },
			`[{"ename":"panic","evalue":"oh","output_type":"error","traceback":[]}]`},
		{"clear", func(r *Recorder) {
			r.Stream("stdout", "a")
			r.Clear(false)
		}, `[]`},
		{"clear that waits for nothing", func(r *Recorder) {
			r.Stream("stdout", "a")
			r.Clear(true)
		}, `[{"name":"stdout","output_type":"stream","text":["a"]}]`},
		{"clear that waits", func(r *Recorder) {
			r.Stream("stdout", "a")
			r.Clear(true)
			r.Stream("stdout", "b")
		}, `[{"name":"stdout","output_type":"stream","text":["b"]}]`},
		{"update", func(r *Recorder) {
			r.Display("x", text("1"))
			r.Display("", text("2"))
			r.Update("x", text("3"))
			r.Update("unknown", text("4"))
		}, `[{"data":{"text/plain":["3"]},"metadata":{},"output_type":"display_data"},{"data":{"text/plain":["2"]},"metadata":{},"output_type":"display_data"}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := record(tt.do); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAnUpdateReachesAnEarlierCell(t *testing.T) {
	n := New()
	r := NewRecorder()
	first, second := n.Add(Code, "a"), n.Add(Code, "b")
	r.Start(first)
	r.Display("bar", text("0%"))
	r.Finish(1)
	r.Start(second)
	r.Update("bar", text("100%"))
	r.Finish(2)

	const want = `[{"data":{"text/plain":["100%"]},"metadata":{},"output_type":"display_data"}]`
	if got, _ := first.fields.get("outputs"); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, _ := second.fields.get("outputs"); string(got) != "[]" {
		t.Errorf("second cell: got %s, want no outputs", got)
	}
}

func TestARunReplacesOutputsAndNothingElse(t *testing.T) {
	const before = `{"cells":[{"cell_type":"code","execution_count":7,"id":"abc","metadata":{"x":1e2},"outputs":[{"old":1}],"source":["1"]}],"metadata":{"z":0},"nbformat":4,"nbformat_minor":5,"extra":true}`
	n, err := Read(strings.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder()
	r.Start(n.Cells[0])
	r.Stream("stdout", "hi\n")
	r.Finish(1)
	want := strings.NewReplacer(`"execution_count":7`, `"execution_count":1`, `{"old":1}`, `{"name":"stdout","output_type":"stream","text":["hi\n"]}`).Replace(before)
	var got members
	if err := json.Unmarshal([]byte(write(t, n)), &got); err != nil {
		t.Fatal(err)
	}
	if got := string(compact(got)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
