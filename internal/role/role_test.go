package role

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	Register("echo", func(_ context.Context, args []string) int {
		fmt.Println(strings.Join(args, " "))
		return 7
	})
	Register("wait", func(ctx context.Context, _ []string) int {
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
		return 0
	})
	Register("parent", func(context.Context, []string) int {
		cmd := Command("wait")
		cmd.Stdout = os.Stdout
		if err := cmd.Run(); err != nil {
			return 1
		}
		return 0
	})
	Dispatch()
	os.Exit(m.Run())
}

func TestARoleRunsWithItsArgumentsAndStatus(t *testing.T) {
	out, err := Command("echo", "a", "b").Output()
	exit, ok := err.(*exec.ExitError)
	if string(out) != "a b\n" || !ok || exit.ExitCode() != 7 {
		t.Fatalf("got %q, %v; want a b, exit status 7", out, err)
	}
}

func TestARunnerRunsRoles(t *testing.T) {
	t.Setenv(RunnerEnv, "env RUN=by-it")
	if out, _ := Command("echo", "a b", "c").Output(); string(out) != "a b c\n" {
		t.Errorf("under a runner, it said %q", out)
	}
	if out, err := Program("sh", "-c", "echo $RUN").Output(); string(out) != "by-it\n" {
		t.Errorf("a program under a runner said %q, %v", out, err)
	}
	t.Setenv(RunnerEnv, "no-such-emulator -x")
	if err := Command("echo").Start(); err == nil || !strings.Contains(err.Error(), `GOCLUSTER_RUNNER="no-such-emulator -x" cannot run anything: exec: "no-such-emulator"`) {
		t.Errorf("a runner that is not there: %v", err)
	}
}

func TestAnUnknownRoleIsRefused(t *testing.T) {
	cmd := Command("nothing")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `cannot play "nothing", only echo, parent, wait`) {
		t.Fatalf("got %q, %v", out, err)
	}
}

func TestAChildEndsWhenItsParentIsKilled(t *testing.T) {
	cmd := Command("parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the grandchild said %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The pipe ends only when the grandchild, which holds it too, has ended.
	rest, err := io.ReadAll(lines)
	if err != nil || string(rest) != ErrOrphaned.Error()+"\n" {
		t.Fatalf("the grandchild said %q, %v; want %q", rest, err, ErrOrphaned)
	}
	_ = cmd.Wait()
}

func TestDeathSaysWhy(t *testing.T) {
	for _, c := range []struct{ stderr, want string }{
		{"runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n", "stack overflow"},
		{"fatal error: runtime: out of memory\n", "out of memory"},
		{"fatal error: concurrent map writes\n\ngoroutine 1\n", "fatal error: concurrent map writes"},
		{"hello\npanic: boom\n\ngoroutine 7 [running]:\n", "panic: boom"},
		{"", "ended for an unknown reason"},
	} {
		if got := Death(nil, c.stderr); got != c.want {
			t.Errorf("Death(%q): got %q, want %q", c.stderr, got, c.want)
		}
	}
}
