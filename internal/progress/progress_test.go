package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTextSaysWhatThereIsToSay(t *testing.T) {
	for _, tt := range []struct {
		state State
		want  string
	}{
		{State{}, "0, 0s"},
		{State{What: "map f", Total: 60, Done: 15, Running: 4, Failed: 1, Elapsed: 3 * time.Second, Rate: 5},
			"map f [#######.......................] 15/60 (25 %), 4 running, 1 failed, 3s, 5/s, 9s left"},
		{State{What: "map f", Total: -1, Done: 1500, Elapsed: 1500 * time.Millisecond, Rate: 1000}, "map f 1500, 1.5s, 1000/s"},
		{State{What: "%px", Unit: "engines", Total: 4, Done: 3, Elapsed: time.Second, Note: "waiting for engine 2"},
			"%px [######################........] 3/4 engines done, 1s, waiting for engine 2"},
		{State{What: "map f", Total: 2, Done: 1, Running: 1, Elapsed: time.Second, Rate: 1, Ended: true, Verdict: "cancelled", Note: "no"},
			"map f [###############...............] 1/2 (50 %), 1s, 1/s, cancelled"},
	} {
		if got := tt.state.Text(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestPageHasABarAndTheEngines(t *testing.T) {
	s := State{What: "map <f>", Total: 4, Done: 2, Failed: 1, Engines: []Engine{{ID: 0, Done: 2, Failed: 1}, {ID: 3, Running: 1}}}
	want := `<div class="gocluster-progress gocluster-running">map &lt;f&gt; <progress max="4" value="2"></progress> 2/4 (50 %), 1 failed, 0s` +
		`<br><small class="gocluster-engines">engine 0: 2 done, 1 failed; engine 3: 0 done, 1 running</small></div>`
	if got := s.HTML(); got != want {
		t.Errorf("got %s", got)
	}
	s.Ended = true
	if got := s.HTML(); !strings.Contains(got, "gocluster-failed") {
		t.Errorf("got %s", got)
	}
}

func TestManyEnginesAreSummarised(t *testing.T) {
	var s State
	for i := range 1000 {
		s.Engines = append(s.Engines, Engine{ID: i, Done: 5 + i%3, Running: i % 2})
	}
	if got, want := s.EnginesText(), "1000 engines, 5 to 7 done by each, 500 at work"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestSpeedIsThatOfTheLastSeconds(t *testing.T) {
	var s Speed
	for i := range 20 {
		s.Note(time.Duration(i)*time.Second, 10*i)
	}
	var got float64
	for i := range 20 {
		got = s.Note(time.Duration(20+i)*time.Second, 200+100*i)
	}
	if got < 95 || got > 105 {
		t.Errorf("got %v/s, want about 100", got)
	}
}

// lines is a line on a terminal of some width.
func onTerminal(width int) (*Line, *bytes.Buffer) {
	var b bytes.Buffer
	l := NewLine(&b)
	l.tty, l.width = true, func() int { return width }
	return l, &b
}

func TestALineIsDrawnAgain(t *testing.T) {
	l, b := onTerminal(60)
	s := State{What: "map f", Total: 4, Done: 1, Elapsed: time.Second}
	l.Show(s.Data("a", false))
	l.Hide()
	b.WriteString("printed\n")
	l.Draw()
	l.Pause()
	s.Done = 4
	l.Show(s.Data("a", true))
	l.Resume()
	s.Ended = true
	l.Show(s.Data("a", true))
	want := "\rmap f [#######.......................] 1/4 (25 %), 1s\x1b[K" + "\r\x1b[K" + "printed\n" +
		"\rmap f [#######.......................] 1/4 (25 %), 1s\x1b[K" + "\r\x1b[K" +
		"\rmap f [##############################] 4/4 (100 %), 1s\x1b[K" + "\r\x1b[K" +
		"map f [##############################] 4/4 (100 %), 1s\n"
	if got := b.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestALineFitsItsTerminal(t *testing.T) {
	for width, want := range map[int]string{
		61: "map some function [##........] 1/4 (25 %), 1s",
		44: "map some funct… [##........] 1/4 (25 %), 1s", 30: "map some func… 1/4 (25 %), 1s", 15: "1/4 (25 %), 1s", 8: "1/4 (2…",
	} {
		l, b := onTerminal(width)
		l.Show(State{What: "map some function", Total: 4, Done: 1, Elapsed: time.Second}.Data("a", false))
		if got := strings.TrimSuffix(strings.TrimPrefix(b.String(), "\r"), "\x1b[K"); got != want {
			t.Errorf("%d columns: got %q", width, got)
		}
	}
}

func TestWithoutATerminalThereIsALineNowAndThen(t *testing.T) {
	var b bytes.Buffer
	l := NewLine(&b)
	now := time.Now()
	l.now = func() time.Time { return now }
	for range 130 {
		l.Show(State{What: "map f", Total: 4}.Data("a", true))
		now = now.Add(time.Second)
	}
	l.Show(State{What: "map f", Total: 4, Ended: true}.Data("a", true))
	l.Forget()
	if got := b.String(); strings.Count(got, "\n") != 4 || strings.ContainsAny(got, "\r\x1b") {
		t.Errorf("got %q", got)
	}
}
