package command

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gocluster/gocluster/internal/prompt/prompttest"
	"github.com/gocluster/gocluster/profiles"
)

// person sits at a prompt in a terminal of its own: writes keys, and sees the screen.
type person struct {
	t    *testing.T
	keys *os.File
	cmd  *exec.Cmd

	mu      sync.Mutex
	screen  *prompttest.Screen
	sent    strings.Builder // everything that was written to the terminal
	changed chan struct{}
}

// atPrompt starts a repl in a terminal of 80 by 24.
func atPrompt(t *testing.T, env []string, args ...string) *person {
	t.Helper()
	exe, err := program()
	if err != nil {
		t.Fatal(err)
	}
	master, slave := openTerminal(t, 80)
	p := &person{t: t, keys: master, screen: prompttest.New(80, 24), changed: make(chan struct{}, 1)}
	p.cmd = exec.Command(exe, append([]string{"repl"}, args...)...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p.cmd.Env = append(append(os.Environ(), "TERM=xterm"), env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 1<<16)
		for {
			n, err := master.Read(buf)
			p.mu.Lock()
			_, _ = p.screen.Write(buf[:n])
			p.sent.Write(buf[:n])
			p.mu.Unlock()
			select {
			case p.changed <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		_ = slave.Close()
		<-read
		_ = master.Close()
	})
	return p
}

// sees waits until a text is on the screen. Blanks at the ends of lines cannot be seen.
func (p *person) sees(text string) *person {
	p.t.Helper()
	text = strings.TrimRight(strings.ReplaceAll(text, " \n", "\n"), " ")
	return p.waits(text, func() bool { return strings.Contains(p.screen.String(), text) })
}

// waits waits until the screen is as it shall be.
func (p *person) waits(what string, seen func() bool) *person {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		is, now := seen(), p.screen.String()
		p.mu.Unlock()
		if is {
			return p
		}
		select {
		case <-p.changed:
		case <-deadline:
			p.t.Fatalf("waiting for %q, the screen is\n%s", what, now)
		}
	}
}

// shows returns what is on the screen.
func (p *person) shows() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

// resizes changes the size of the terminal's window.
func (p *person) resizes(width, height int) *person {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.Resize(width, height)
	if err := unix.IoctlSetWinsize(int(p.keys.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(height), Col: uint16(width)}); err != nil {
		p.t.Fatal(err)
	}
	return p
}

// writes writes keys.
func (p *person) writes(keys string) *person {
	p.t.Helper()
	if _, err := p.keys.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
	return p
}

// ends waits for the end of the repl.
func (p *person) ends() int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })()
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// isCooked reports whether the terminal is as programs expect it.
func (p *person) isCooked() bool {
	t, err := unix.IoctlGetTermios(int(p.keys.Fd()), unix.TCGETS)
	return err == nil && t.Lflag&unix.ICANON != 0 && t.Lflag&unix.ECHO != 0
}

func TestAPersonAtThePrompt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts sessions")
	}
	for _, tier := range []string{"interpreted", "native"} {
		if tier == "native" && !hasNative() {
			continue
		}
		t.Run(tier, func(t *testing.T) {
			t.Parallel()
			p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier="+tier)
			p.sees("In[1]: ").writes("func twice(n int) int {\rreturn 2 * n\r}\r")
			p.sees("In[1]: func twice(n int) int {\n  ...:     return 2 * n\n  ...: }").sees("\nIn[2]: ") // a first compiled cell says that it prepares
			p.writes("twice(21)\r").sees("\n42\nIn[3]: ")
			p.writes("twice(日本)\r").sees("        |       ^^^^")
			p.sees("In[4]: ").writes("strings.Spl\t").sees("> Split ").writes("\x1b[B").sees("> SplitAfter ").writes("\r")
			p.writes("\x1bh").sees("| func strings.SplitAfter(s string, sep string) []string").writes("\x1bh\x07\x03").sees("In[4]: strings.SplitAfter\nIn[4]: ")
			p.writes("\x12return\r").sees("In[4]: func twice(n int) int {\n  ...:     return 2 * n\n  ...: }").writes("\x03").sees("  ...: }\nIn[4]: ")
			p.writes("fmt.Print(\"who? \"); var who string; fmt.Scanln(&who); \"hello \" + who\r").sees("who? ").writes("日本\r").sees("who? 日本\nhello 日本\nIn[5]: ")
			p.writes("\x04")
			if status := p.ends(); status != exitOK || !p.isCooked() {
				t.Errorf("status %d, cooked %t", status, p.isCooked())
			}
		})
	}
}

func TestAPasteIsOneCell(t *testing.T) {
	p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("\x1b[200~n := 0\r")
	for range 200 {
		p.writes("\tn++\r")
	}
	p.writes("n\x1b[201~").sees("  ...: n").writes("\r").sees("\n200\nIn[2]: ")
	p.sees("In[1]: n := 0" + strings.Repeat("\n  ...:     n++", 200) + "\n  ...: n\n200\n")
	p.writes("\x04")
	p.ends()
}

func TestCtrlC(t *testing.T) {
	if testing.Short() {
		t.Skip("starts sessions")
	}
	p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("kept := 1; fmt.Println(\"begun\"); for {}\r").sees("\nbegun").writes("\x03").sees("KeyboardInterrupt").sees("In[2]: ")
	p.writes("kept + 1\r").sees("\n2\nIn[3]: ")
	p.writes("fmt.Println(\"reads\"); bufio.NewReader(os.Stdin).ReadString('\\n')\r").sees("\nreads").writes("\x03").sees("In[4]: ")
	p.writes("half writ").sees("half writ")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := p.ends(); status != exitFailed || !p.isCooked() {
		t.Errorf("told to end: status %d, cooked %t", status, p.isCooked())
	}
}

// TestCtrlCTwice: a cell that does not see the first interrupt loses its process at the second at once, not when the session has lost
// its own patience.
func TestCtrlCTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("starts sessions")
	}
	p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("kept := 41\r")
	for n := 2; ; n += 2 { // on a busy machine the session may be the first to lose patience
		p.sees(fmt.Sprintf("In[%d]: ", n)).writes(fmt.Sprintf("context.AfterFunc(ctx, debug.PrintStack); fmt.Println(\"begun\", %d); new(big.Int).MulRange(1, 1<<40)\r", n))
		p.sees(fmt.Sprintf("\nbegun %d", n)).writes("\x03")
		p.waits("the first interrupt", func() bool { return strings.Count(p.screen.String(), "debug.PrintStack()") == n/2 }).writes("\x03")
		p.sees(fmt.Sprintf("In[%d]: ", n+1))
		if strings.Contains(p.shows(), "KeyboardInterrupt: killed on request\nIt has been replaced.") {
			break
		}
		if n == 10 {
			t.Fatalf("the second Ctrl-C did nothing:\n%s", p.shows())
		}
		p.writes("kept := 41\r")
	}
	p.sees("these variables have lost their\n values: kept.").writes("kept := 6; kept + 1\r").sees("\n7\n").writes("\x04")
	if status := p.ends(); status != exitOK || !p.isCooked() {
		t.Errorf("status %d, cooked %t", status, p.isCooked())
	}
	if strings.Contains(p.shows(), " has ended: ") {
		t.Errorf("the end of the process is told twice:\n%s", p.shows())
	}
}

// TestToldToEnd: whatever ends the repl in an orderly way, wherever it is, the terminal is as it was and the session's process has ended.
func TestToldToEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("starts sessions")
	}
	for _, c := range []struct {
		about, keys, seen string
		signal            syscall.Signal
	}{
		{"SIGHUP at the prompt", "half", "In[2]: half", syscall.SIGHUP},
		{"SIGTERM while there is a menu", "strings.Spl\t", "> Split ", syscall.SIGTERM},
		{"SIGHUP while a cell runs", "fmt.Println(\"begun\"); for {}\r", "\nbegun", syscall.SIGHUP},
		{"SIGTERM while a cell asks", "display.Password(\"key: \")\r", "\nkey: ", syscall.SIGTERM},
	} {
		t.Run(c.about, func(t *testing.T) {
			p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
			p.sees("In[1]: ").writes("os.Getpid()\r").sees("\nIn[2]: ")
			_, text, _ := strings.Cut(p.shows(), "os.Getpid()\n")
			text, _, _ = strings.Cut(text, "\n")
			pid, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			p.writes(c.keys).sees(c.seen)
			if err := p.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if status := p.ends(); status != exitFailed || !p.isCooked() {
				t.Errorf("status %d, cooked %t", status, p.isCooked())
			}
			if err := syscall.Kill(pid, 0); err == nil {
				t.Errorf("the session's process %d stays", pid)
			}
		})
	}
}

func TestTheSessionIsKilledAtThePrompt(t *testing.T) {
	p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("kept := 1; fmt.Printf(\"<%d>\\n\", os.Getpid())\r").sees("\nIn[2]: ").writes("half")
	p.sees("In[2]: half")
	_, text, _ := strings.Cut(p.shows(), "\n<")
	text, _, _ = strings.Cut(text, ">")
	pid, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.sees(fmt.Sprintf("\nthe session's process %d has ended: killed by signal 9", pid)).sees("these variables are lost: kept\nIn[2]: half")
	p.writes("\x15kept := 2; kept\r").sees("In[2]: kept := 2; kept").sees("\n2\nIn[3]: ").writes("\x04")
	if status := p.ends(); status != exitOK {
		t.Errorf("status %d", status)
	}
}

func TestTheWindowIsResized(t *testing.T) {
	p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("for i := range 2 {\rfmt.Println(\"日本 0123456789\", i) // and more, to be broken\r}")
	p.sees("In[1]: for i := range 2 {\n  ...:     fmt.Println(\"日本 0123456789\", i) // and more, to be broken\n  ...: }")
	p.resizes(40, 24).sees("In[1]: for i := range 2 {\n  ...:     fmt.Println(\"日本 0123456789\n       \", i) // and more, to be broken\n  ...: }")
	p.resizes(30, 10).sees("In[1]: for i := range 2 {\n  ...:     fmt.Println(\"日本\n       0123456789\", i) // and\n        more, to be broken\n  ...: }")
	p.resizes(100, 24).sees("In[1]: for i := range 2 {\n  ...:     fmt.Println(\"日本 0123456789\", i) // and more, to be broken\n  ...: }")
	p.writes("\r").sees("  ...: }\n日本 0123456789 0\n日本 0123456789 1\nIn[2]: ").writes("\x04")
	if n := strings.Count(p.shows(), "for i :="); n != 1 {
		t.Errorf("the input is on the screen %d times:\n%s", n, p.shows())
	}
	p.ends()
}

func TestColoursAtThePrompt(t *testing.T) {
	for _, env := range []string{"NO_COLOR=", "NO_COLOR=1"} {
		p := atPrompt(t, []string{env, profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
		p.sees("In[1]: ").writes("x := \"a\" + 1\r").sees("CompileError").sees("\nIn[2]: ").writes("\x04")
		p.ends()
		p.mu.Lock()
		sent := p.sent.String()
		p.mu.Unlock()
		if got, want := regexp.MustCompile("\x1b\\[[0-9;]*m").MatchString(sent), env == "NO_COLOR="; got != want {
			t.Errorf("%s: coloured %t, want %t: %q", env, got, want, sent)
		}
		if got := strings.Count(sent, "\x1b[0;32m\"a\"\x1b[0m"); env == "NO_COLOR=" && got < 2 {
			t.Errorf("the text is not coloured both in the input and in the error: %q", sent)
		}
	}
}

func TestAPasswordIsNotShown(t *testing.T) {
	p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("word, _ := display.Password(\"key: \"); len(word)\r").sees("\nkey: ").writes("secréX\x7ft\r")
	p.sees("\nkey: \n7\nIn[2]: ").writes("\x1b[A").sees("In[2]: word, _ :=").writes("\x03\x04")
	p.ends()
	if strings.Contains(p.shows(), "secr") {
		t.Errorf("the password is on the screen:\n%s", p.shows())
	}
}

func TestCtrlLClearsTheScreen(t *testing.T) {
	p := atPrompt(t, []string{profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("6 * 7\r").sees("\n42\nIn[2]: ").writes("for {\rx").sees("  ...:     x").writes("\x0c")
	p.waits("only the input", func() bool { return slices.Equal(p.screen.Rows(), []string{"In[2]: for {", "  ...:     x"}) })
	p.writes("y").sees("  ...:     xy").writes("\x03\x04")
	p.ends()
}

func TestTheHistoryOutlivesThePrompt(t *testing.T) {
	home := []string{profiles.DirEnv + "=" + t.TempDir()}
	p := atPrompt(t, home, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("for i := range 1 {\rfmt.Println(\"of\", \"old\")\r}\r").sees("\nof old\n").writes("\x04")
	p.ends()
	p = atPrompt(t, home, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("for\x1b[A").sees("  ...:     fmt.Println(\"of\", \"old\")\n  ...: }").writes("\r").sees("\nof old\nIn[2]: ").writes("\x04")
	p.ends()
}

func TestADumbTerminalIsReadLineByLine(t *testing.T) {
	p := atPrompt(t, []string{"TERM=dumb", profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("func f() int {\n").sees("  ...: ").writes("return 6\n}\n").sees("In[2]: ").writes("f() * 7\n").sees("\n42\nIn[3]: ").writes("\x04")
	if status := p.ends(); status != exitOK {
		t.Errorf("status %d", status)
	}
}

func TestTheUsersOwnEditor(t *testing.T) {
	script := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho '6 *' > \"$1\"\necho ' 7' >> \"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := atPrompt(t, []string{"VISUAL=" + script, profiles.DirEnv + "=" + t.TempDir()}, "--n=0", "--tier=interpreted")
	p.sees("In[1]: ").writes("x\x18\x05").sees("In[1]: 6 *\n  ...:  7").writes("\r").sees("\n42\nIn[2]: ").writes("\x04")
	p.ends()
}

// openTerminal opens a pseudo-terminal of some width.
func openTerminal(t *testing.T, width uint16) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: width}); err != nil {
		t.Fatal(err)
	}
	return master, slave
}
