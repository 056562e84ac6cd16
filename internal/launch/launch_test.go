package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
)

// TestMain plays the roles of the processes that the tests start.
func TestMain(m *testing.M) {
	Register()
	registerWorkers()
	role.Register("owner", owner)
	role.Dispatch()
	os.Exit(m.Run())
}

// owner is a program that has an embedded cluster; it tells where, and waits.
func owner(ctx context.Context, _ []string) int {
	c, err := Embedded(ctx, 2)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(c.Profile().Dir)
	<-ctx.Done()
	return 0
}

const testTime = 30 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	t.Cleanup(cancel)
	return ctx
}

// profile makes a profile in a folder of the test's own.
func profile(t *testing.T) *profiles.Profile {
	t.Helper()
	t.Setenv(profiles.DirEnv, t.TempDir())
	p, err := profiles.Create("lab")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// notices collects what a cluster tells people.
type notices chan string

func (n notices) take(text string) { n <- text }

func (n notices) await(t *testing.T, part string) string {
	t.Helper()
	late := time.After(testTime)
	for {
		select {
		case text := <-n:
			if strings.Contains(text, part) {
				return text
			}
		case <-late:
			t.Fatalf("nobody said %q", part)
		}
	}
}

// start starts a cluster of n engines.
func start(t *testing.T, p *profiles.Profile, n int) (*Cluster, notices) {
	t.Helper()
	said := make(notices, 100)
	c, err := Start(within(t), Config{Profile: p, N: n, Notice: said.take})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop(context.Background()) })
	return c, said
}

// children are the processes that a process has started, and those that they have started.
func children(t *testing.T, pid int) []int {
	t.Helper()
	var all []int
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(tasks) == 0 {
		t.Skip("this system does not tell a process's children")
	}
	for _, file := range tasks {
		text, _ := os.ReadFile(file)
		for _, word := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(word)
			if err == nil {
				all = append(append(all, child), children2(t, child)...)
			}
		}
	}
	return all
}

func children2(t *testing.T, pid int) []int {
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/task", pid)); err != nil {
		return nil
	}
	return children(t, pid)
}

// alive reports whether a process runs. One that has ended and that nobody has waited for does not.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// ended waits until processes have ended.
func ended(t *testing.T, pids []int) {
	t.Helper()
	late := time.Now().Add(10 * time.Second)
	for _, pid := range pids {
		for alive(pid) {
			if time.Now().After(late) {
				t.Fatalf("process %d is left of %v", pid, pids)
			}
			<-time.After(10 * time.Millisecond)
		}
	}
}

// nothingLeft checks that no process and no file of a cluster is left.
func nothingLeft(t *testing.T, p *profiles.Profile) {
	t.Helper()
	for _, dir := range []string{p.SecurityDir(), p.PIDDir()} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		for _, e := range entries {
			t.Errorf("%s is left", filepath.Join(dir, e.Name()))
		}
	}
	if s := Running(t.Context(), p); s.Running || s.Stale {
		t.Errorf("the profile's cluster is %s", s)
	}
}

// hostPID is the process of the engine host of a cluster of this machine.
func hostPID(c *Cluster) int {
	c.mu.Lock()
	k := c.members[0].process.(*kept)
	c.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.child.pid()
}

func kill(t *testing.T, pid int) {
	t.Helper()
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestStartAndStopLeaveNothing(t *testing.T) {
	p := profile(t)
	c, _ := start(t, p, 3)
	if got := len(c.Engines()); got != 3 || c.N() != 3 {
		t.Errorf("%d engines, want 3", got)
	}
	s := Running(t.Context(), p)
	if !s.Running || s.PID != c.controller.(*child).pid() || !strings.HasPrefix(s.String(), "running since ") {
		t.Errorf("the cluster is %s, want running", s)
	}
	conn, err := profiles.ReadConnection(c.ConnectionFile())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(conn.Local); err != nil || info.Mode()&os.ModeSocket == 0 {
		t.Errorf("the controller's Unix socket is %v, %v", info, err)
	}
	_, err = Start(within(t), Config{Profile: p, N: 1})
	if err == nil || !strings.Contains(err.Error(), "gocluster stop --profile=lab") {
		t.Errorf("a second cluster: got %v, want it refused", err)
	}
	pids := children(t, os.Getpid())
	if len(pids) != 5 {
		t.Errorf("processes %v, want a controller, a host and three workers", pids)
	}
	if err := c.Stop(within(t)); err != nil {
		t.Error(err)
	}
	ended(t, pids)
	nothingLeft(t, p)
	if _, err := os.Stat(filepath.Dir(conn.Local)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the Unix socket: got %v, want that there is none", err)
	}
	if err := c.Stop(within(t)); err != nil {
		t.Errorf("stopped again: %v", err)
	}
}

func TestAClusterWithoutAUnixSocket(t *testing.T) {
	p := profile(t)
	p.Settings.Controller.Local = false
	c, _ := start(t, p, 1)
	conn, err := profiles.ReadConnection(c.ConnectionFile())
	if err != nil || conn.Local != "" {
		t.Errorf("got the socket %q, %v", conn.Local, err)
	}
	if err := c.Stop(within(t)); err != nil {
		t.Error(err)
	}
}

func TestAKilledWorkerIsReplaced(t *testing.T) {
	p := profile(t)
	c, said := start(t, p, 2)
	before := children(t, hostPID(c))
	kill(t, before[0])
	if text := said.await(t, "killed by signal 9"); !strings.HasPrefix(text, "engine ") {
		t.Errorf("said %q, want which engine", text)
	}
	log := filepath.Join(p.LogDir(), "engines.log")
	for {
		if now := children(t, hostPID(c)); len(now) == 2 && now[0] != before[0] {
			break
		}
		select {
		case <-within(t).Done():
			text, _ := os.ReadFile(log)
			t.Fatalf("there is no new worker; the log:\n%s", text)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestAKilledHostIsStartedAgainWithItsEngines(t *testing.T) {
	p := profile(t)
	c, said := start(t, p, 2)
	ids, pids := c.Engines(), children(t, os.Getpid())
	before := hostPID(c)
	kill(t, before)
	said.await(t, "the engine host has ended: killed by signal 9")
	ctx := within(t)
	for hostPID(c) == before || len(children(t, hostPID(c))) < 2 {
		select {
		case <-ctx.Done():
			t.Fatal("the host is not back")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if got := fmt.Sprint(c.Engines()); got != fmt.Sprint(ids) {
		t.Errorf("its engines are %v, want %v as before", got, ids)
	}
	all := append(pids, children(t, os.Getpid())...)
	if err := c.Stop(ctx); err != nil {
		t.Error(err)
	}
	ended(t, all)
	nothingLeft(t, p)
}

func TestAKilledControllerEndsTheCluster(t *testing.T) {
	p := profile(t)
	c, _ := start(t, p, 2)
	pids := children(t, os.Getpid())
	kill(t, c.controller.(*child).pid())
	if err := c.Wait(within(t)); err == nil || !strings.Contains(err.Error(), "the controller has ended: killed by signal 9") {
		t.Errorf("got %v", err)
	}
	ended(t, pids)
	nothingLeft(t, p)
}

func TestAnEmbeddedClusterEndsWithItsOwner(t *testing.T) {
	cmd := role.Command("owner")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dir := strings.TrimSpace(line)
	if err != nil || !filepath.IsAbs(dir) {
		t.Fatalf("the owner says %q, %v", line, err)
	}
	pids := children(t, cmd.Process.Pid)
	if len(pids) != 4 {
		t.Errorf("processes %v, want four", pids)
	}
	kill(t, cmd.Process.Pid)
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait()
	ended(t, pids)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder %s is left", dir)
		_ = os.RemoveAll(dir)
	}
}

func TestFilesOfADeadControllerAreKnownAsSuch(t *testing.T) {
	p := profile(t)
	a, err := profiles.NewAuthority("dead")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.WriteConnections(a, []string{"127.0.0.1:1"}, ""); err != nil {
		t.Fatal(err)
	}
	if s := Running(t.Context(), p); s.Running || !s.Stale {
		t.Errorf("got %+v, want that it does not run", s)
	}
	c, _ := start(t, p, 1)
	if err := c.Stop(within(t)); err != nil {
		t.Error(err)
	}
	nothingLeft(t, p)
}

func TestACrashedPIDFileIsNotAlive(t *testing.T) {
	p := profile(t)
	path := pidPath(p, controllerName)
	// The process of that number lives, but it is not the one that wrote the file.
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getppid())), 0o600); err != nil {
		t.Fatal(err)
	}
	if pid := holder(path); pid != 0 {
		t.Errorf("held by %d, want by nobody", pid)
	}
	h, err := hold(path)
	if err != nil {
		t.Fatal(err)
	}
	if pid := holder(path); pid != os.Getpid() {
		t.Errorf("held by %d, want by this process", pid)
	}
	if _, err := hold(path); !errors.Is(err, errHeld) {
		t.Errorf("held twice: %v", err)
	}
	if err := h.release(); err != nil {
		t.Error(err)
	}
}

func TestDaemonize(t *testing.T) {
	p := profile(t)
	c, err := Start(within(t), Config{Profile: p, N: 2, Daemonize: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(c.Engines()); got != 2 {
		t.Errorf("%d engines, want 2", got)
	}
	pids := children(t, os.Getpid())
	if s := Running(t.Context(), p); !s.Running || len(pids) != 5 {
		t.Errorf("the cluster is %s with processes %v, want running with five", s, pids)
	}
	if err := StopRunning(within(t), p); err != nil {
		t.Error(err)
	}
	ended(t, pids)
	nothingLeft(t, p)
	if err := StopRunning(within(t), p); err == nil || err.Error() != "no cluster of profile lab is running" {
		t.Errorf("stopped again: %v", err)
	}
}

func TestADaemonThatIsAskedToTerminateLeavesNothing(t *testing.T) {
	p := profile(t)
	if _, err := Start(within(t), Config{Profile: p, N: 1, Daemonize: true}); err != nil {
		t.Fatal(err)
	}
	pids := children(t, os.Getpid())
	supervisor := holder(pidPath(p, clusterName))
	if err := terminate(supervisor); err != nil {
		t.Fatal(err)
	}
	ended(t, pids)
	nothingLeft(t, p)
}

func TestByHand(t *testing.T) {
	p := profile(t)
	err := RunEngines(within(t), EnginesConfig{Profile: p, N: 1})
	if err == nil || !strings.Contains(err.Error(), "no controller of profile lab is running: start one with `gocontroller --profile=lab`") {
		t.Errorf("without a controller: %v", err)
	}
	ctx, stop := context.WithCancel(within(t))
	defer stop()
	engines, ready := make(chan error, 1), make(chan string, 1)
	go func() {
		engines <- RunEngines(ctx, EnginesConfig{Profile: p, N: 2, Wait: testTime, Ready: func(text string) { ready <- text }})
	}()
	controller, listening := make(chan error, 1), make(chan string, 1)
	go func() {
		controller <- RunController(ctx, ControllerConfig{Profile: p, Ready: func(addr string) { listening <- addr }})
	}()
	<-listening
	if text := <-ready; !strings.HasPrefix(text, "engines 0, 1 of cluster lab-") {
		t.Errorf("ready: %q", text)
	}
	if err := RunController(ctx, ControllerConfig{Profile: p}); err == nil || !strings.Contains(err.Error(), "is running already") {
		t.Errorf("a second controller: %v", err)
	}
	stop()
	if err := errors.Join(<-engines, <-controller); err != nil {
		t.Error(err)
	}
	nothingLeft(t, p)
}

// TestAControllerByHandSaysWhichSetsDoNotGrow: it starts no engines, so those that should follow the work stay as they are.
func TestAControllerByHandSaysWhichSetsDoNotGrow(t *testing.T) {
	p := settings(t, "[sets.fixed]\nn = 2\n[sets.swift]\nn = 1\nmax = 8\n[sets.slow]\nn = 1\nmax = 3\n")
	ctx, stop := context.WithCancel(within(t))
	defer stop()
	var said []string
	err := RunController(ctx, ControllerConfig{Profile: p, Ready: func(string) { stop() }, Notice: func(text string) { said = append(said, text) }})
	if err != nil {
		t.Error(err)
	}
	const why = "does nothing: this controller starts no engines, which `gocluster start` does"
	if want := []string{"set slow: max = 3 " + why, "set swift: max = 8 " + why}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
	nothingLeft(t, p)
}

func TestAPortThatIsTakenIsToldAtOnce(t *testing.T) {
	p := profile(t)
	c, _ := start(t, p, 1)
	conn, err := profiles.ReadConnection(c.ConnectionFile())
	if err != nil {
		t.Fatal(err)
	}
	other, err := profiles.Create("other")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(conn.Addrs[0], ":")
	if other.Settings.Controller.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	_, err = Start(within(t), Config{Profile: other, N: 1})
	if err == nil || !strings.Contains(err.Error(), "cannot listen on 127.0.0.1:"+port) {
		t.Errorf("got %v", err)
	}
	nothingLeft(t, other)
}
