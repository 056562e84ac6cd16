package command

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pseudoTerminal returns a terminal of some width, and what is printed on it.
func pseudoTerminal(t *testing.T, width uint16) (*os.File, *output) {
	t.Helper()
	master, slave := openTerminal(t, width)
	out := &output{changed: make(chan struct{}, 1)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 1<<16)
		for {
			n, err := master.Read(buf)
			_, _ = out.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = slave.Close(); <-read; _ = master.Close() })
	return slave, out
}

// shownOn is what a terminal shows in the end.
func shownOn(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if i := strings.LastIndex(line, "\r"); i >= 0 {
			line = line[i+1:]
		}
		lines = append(lines, strings.ReplaceAll(line, "\x1b[K", ""))
	}
	return strings.Join(lines, "\n")
}

func TestJobsShowThemselvesOnATerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	home(t)
	file, saved := filepath.Join("testdata", "jobs.txt"), filepath.Join(t.TempDir(), "jobs.ipynb")
	tty, printed := pseudoTerminal(t, 120)
	out := &output{changed: make(chan struct{}, 1)}
	if status := run(t.Context(), "gocluster", []string{"run", "--n=2", "--tier=interpreted", "--save=" + saved, file}, stdio{tty, out, tty}); status != exitOK {
		t.Fatalf("status %d: %s", status, printed)
	}
	if got := sorted(out.String()); strings.ContainsAny(got, "\r\x1b#") || !strings.HasPrefix(got, "[0 1 2 3]\n[0 1 4 9") || strings.Count(got, "[stdout:") != 4 {
		t.Errorf("standard output: %q", got)
	}
	printed.until(t, "%px [##############################] 2/2 engines done")
	all := printed.String()
	if n := len(regexp.MustCompile(`\rslow|\rmap slow \[#*\.+\] \d+/40 `).FindAllString(all, -1)); n < 3 {
		t.Errorf("the bar has moved %d times: %q", n, all)
	}
	want := `^map slow \[#{30}\] 40/40 \(100 %\), \S+, \S+/s
map function at jobs.txt:7:15 \[#{30}\] 4/4 \(100 %\), 3\S*s, \S+/s
%px \[#{30}\] 2/2 engines done, \S+
$`
	if got := shownOn(all); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("in the end there is\n%s", got)
	}
	kept(t, saved)
}

// kept looks at what a saved notebook has of the jobs: what they came to, and no state before.
func kept(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(data) || strings.Contains(string(data), "gocluster-running") || strings.Count(string(data), `class=\"gocluster-progress gocluster-done\"`) != 3 {
		t.Errorf("saved: %s", data)
	}
}

func TestAnInterruptFreesTheEngines(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	for _, tier := range []string{"interpreted", "native"} {
		for name, cell := range map[string]string{
			"waiting":      "view.Map(spin, views.Range(0, 4))",
			"as the value": "view.MapAsync(spin, views.Range(0, 4))",
			"kept":         "r := view.MapAsync(spin, views.Range(0, 4))\nfor !r.Ready() {\n}",
		} {
			t.Run(tier+"/"+name, func(t *testing.T) {
				home(t)
				const script = "rc := client.MustConnect()\nview := rc.LoadBalanced()\nfunc spin(x int) int { fmt.Println(\"begun\"); for {} }\n// %%\n"
				file := filepath.Join(t.TempDir(), "script.txt")
				status := "\n// %%\nfunc busy() int { st, err := rc.Status(); if err != nil { return -1 }; n := 0; for _, e := range st.Engines { n += e.Running }; return n }\n" +
					"began := time.Now()\nfor busy() != 0 && time.Since(began) < time.Minute { <-time.After(10 * time.Millisecond) }\nfmt.Println(\"idle after\", time.Since(began).Milliseconds())\n"
				if err := os.WriteFile(file, []byte(script+cell+status), 0o600); err != nil {
					t.Fatal(err)
				}
				idleWithinASecond(t, file, tier)
			})
		}
	}
}

// idleWithinASecond runs inputs at a prompt, interrupts the second, and sees when the engines are idle.
func idleWithinASecond(t *testing.T, file, tier string) {
	t.Helper()
	out, errs := &output{changed: make(chan struct{}, 1)}, &output{changed: make(chan struct{}, 1)}
	term := newTerminal(stdio{os.Stdin, out, errs})
	p := place{n: 2, tier: tier}
	s, closeSession, err := openSession(t.Context(), p, "")
	if err != nil {
		t.Fatal(err)
	}
	r := &shell{session: s, term: term}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cells := strings.Split(string(data), "\n// %%\n")
	r.execute(t.Context(), cells[0])
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		out.until(t, "[stdout:0] begun")
		out.until(t, "[stdout:1] begun")
		cancel() // as Ctrl-C does
	}()
	r.execute(ctx, cells[1])
	began := time.Now()
	r.execute(t.Context(), cells[2])
	took := time.Since(began)
	if err := closeSession(); err != nil {
		t.Error(err)
	}
	m := regexp.MustCompile(`idle after (\d+)`).FindStringSubmatch(out.String())
	if m == nil || !strings.Contains(errs.String(), "KeyboardInterrupt") {
		t.Fatalf("got %s\n%s", out, errs)
	}
	if ms, _ := strconv.Atoi(m[1]); ms > 1000 {
		t.Errorf("the engines were idle after %d ms (%v)", ms, took)
	}
}
