//go:build !windows

package ranks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is this machine under another name.
type machine string

func (m machine) Name() string { return string(m) }
func (machine) Shell() bool    { return true }

func (machine) Explain(_ context.Context, err error, said string) error {
	return fmt.Errorf("%w %s", err, strings.TrimSpace(said))
}

func (machine) Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	return cmd
}

// watched is output that a test can wait for.
type watched struct {
	bytes.Buffer
	wants chan string // a text, once it was printed
	text  string
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if w.text != "" && strings.Contains(w.String(), w.text) {
		w.text = ""
		close(w.wants)
	}
	return n, err
}

// shell runs n ranks of a script, two on each machine.
func shell(n int, script string) (Program, *watched, *bytes.Buffer) {
	out, said := &watched{}, &bytes.Buffer{}
	p := Program{Argv: []string{"/bin/sh", "-c", script}, Stdout: out, Stderr: said}
	for i := range n {
		p.Ranks = append(p.Ranks, Rank{On: machine([]string{"alpha", "beta", "gamma"}[i/2])})
	}
	return p, out, said
}

func sorted(text string) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines)
	return lines
}

// TestRanksKnowWhoTheyAre looks at what ranks are given and how their output is labelled.
func TestRanksKnowWhoTheyAre(t *testing.T) {
	p, out, said := shell(4, `echo $GOCLUSTER_RANK/$GOCLUSTER_SIZE $GOCLUSTER_LOCAL_RANK $MORE; printf 'no end' >&2`)
	p.Ranks[3].Env, p.Ranks[2].Label = []string{"MORE=x y"}, "two"
	if err := Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got, want := sorted(out.String()), []string{"[0] 0/4 0", "[1] 1/4 1", "[3] 3/4 1 x y", "[two] 2/4 0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := sorted(said.String()), []string{"[0] no end", "[1] no end", "[3] no end", "[two] no end"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOutputIsWholeAndInOrder has ranks print much, in pieces of lines.
func TestOutputIsWholeAndInOrder(t *testing.T) {
	const n = 2000
	p, out, _ := shell(4, `i=0; while [ $i -lt `+strconv.Itoa(n)+` ]; do printf "$GOCLUSTER_RANK "; echo "$i of me"; i=$((i+1)); done`)
	if err := Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	next := [4]int{}
	for line := range strings.Lines(out.String()) {
		var label, rank, i int
		if _, err := fmt.Sscanf(line, "[%d] %d %d of me\n", &label, &rank, &i); err != nil || label != rank || i != next[rank] {
			t.Fatalf("after %v comes %q (%v)", next, line, err)
		}
		next[rank]++
	}
	if next != [4]int{n, n, n, n} {
		t.Errorf("got %v lines", next)
	}
}

// TestStdinIsRank0s copies the input by rank 0, while the others find none.
func TestStdinIsRank0s(t *testing.T) {
	p, out, _ := shell(3, `cat; echo end`)
	p.Stdin = strings.NewReader("one\ntwo\n")
	if err := Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got, want := sorted(out.String()), []string{"[0] end", "[0] one", "[0] two", "[1] end", "[2] end"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAnOpenStdinKeepsNobody runs a program that does not read what nobody writes.
func TestAnOpenStdinKeepsNobody(t *testing.T) {
	in, w := io.Pipe()
	defer w.Close()
	p, _, _ := shell(1, `true`)
	p.Stdin = in
	if err := Run(t.Context(), p); err != nil {
		t.Error(err)
	}
}

// TestTheFirstFailureEndsTheOthers has one rank fail, while the others would run on, with children, some of which do not want to end.
func TestTheFirstFailureEndsTheOthers(t *testing.T) {
	for name, script := range map[string]string{
		"one that ends when asked": `sleep 1000 & sleep 1000; echo not here`,
		"one that does not want":   `trap '' TERM; (trap '' TERM; sleep 1000) & echo $!; while :; do sleep 1; done`,
	} {
		t.Run(name, func(t *testing.T) {
			p, out, _ := shell(6, `[ $GOCLUSTER_RANK != 3 ] || { sleep 0.2; echo failing; exit 7; }; echo pid $$; `+script)
			err := Run(t.Context(), p)
			var failed *FailedError
			if !errors.As(err, &failed) || failed.Rank != 3 || failed.Status != 7 || err.Error() != "rank 3 on beta: exit status 7; the other ranks were ended" {
				t.Errorf("got %v", err)
			}
			if !strings.Contains(out.String(), "[3] failing\n") || strings.Contains(out.String(), "not here") {
				t.Errorf("got %s", out)
			}
			gone(t, out.String())
		})
	}
}

// gone checks that the process groups are gone whose leaders have printed "pid N".
func gone(t *testing.T, out string) {
	t.Helper()
	groups := 0
	for line := range strings.Lines(out) {
		var label, pid int
		if n, _ := fmt.Sscanf(line, "[%d] pid %d", &label, &pid); n != 2 {
			continue
		}
		groups++
		late := time.Now().Add(5 * time.Second)
		for syscall.Kill(-pid, 0) == nil && time.Now().Before(late) { // who adopts them may not have noticed yet
			<-time.After(10 * time.Millisecond)
		}
		if err := syscall.Kill(-pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("of rank %d is left process group %d: %v", label, pid, err)
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	if groups == 0 {
		t.Errorf("no rank tells its process: %s", out)
	}
}

// TestSignalsAreRelayed sends a signal to ranks that wait for one, and asks twice ranks that do not want to end.
func TestSignalsAreRelayed(t *testing.T) {
	for name, c := range map[string]struct {
		script  string
		signals []os.Signal
		status  int
	}{
		"a signal that is handled": {`trap 'echo got it; exit 0' USR1; echo pid $$; while :; do sleep 0.05; done`, []os.Signal{syscall.SIGUSR1}, 0},
		"an interrupt":             {`echo pid $$; exec sleep 1000`, []os.Signal{os.Interrupt}, 130},
		"two":                      {`trap '' INT; echo pid $$; while :; do sleep 0.05; done`, []os.Signal{os.Interrupt, os.Interrupt}, 137},
	} {
		t.Run(name, func(t *testing.T) {
			p, out, _ := shell(1, c.script)
			signals := make(chan os.Signal, 2)
			p.Signals, out.wants, out.text = signals, make(chan string), "pid"
			go func() {
				<-out.wants
				for _, s := range c.signals {
					signals <- s
				}
			}()
			err := Run(t.Context(), p)
			var failed *FailedError
			if c.status == 0 && err != nil || c.status != 0 && (!errors.As(err, &failed) || failed.Status != c.status) {
				t.Errorf("got %v, want status %d", err, c.status)
			}
			gone(t, out.String())
		})
	}
}

// TestWhatIsLeftBehindIsEnded runs ranks that end well and leave a process, which holds their output.
func TestWhatIsLeftBehindIsEnded(t *testing.T) {
	p, out, _ := shell(2, `sleep 1000 & echo pid $$`)
	if err := Run(t.Context(), p); err != nil {
		t.Error(err)
	}
	gone(t, out.String())
}

// TestACancelledProgramIsEnded cancels it.
func TestACancelledProgramIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, out, _ := shell(2, `echo pid $$; sleep 1000`)
	out.wants, out.text = make(chan string), "[1] pid"
	go func() { <-out.wants; cancel() }()
	if err := Run(ctx, p); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	gone(t, out.String())
}

// TestAProgramThatIsNotThere is told, with the status of shells.
func TestAProgramThatIsNotThere(t *testing.T) {
	p, _, said := shell(1, "")
	p.Argv = []string{"no-such-program"}
	var failed *FailedError
	if err := Run(t.Context(), p); !errors.As(err, &failed) || failed.Status != 127 {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.String(), "[0] ") || !strings.Contains(said.String(), "no-such-program: not found") {
		t.Errorf("got %q", said)
	}
}
