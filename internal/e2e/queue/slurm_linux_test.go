package queue

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/e2e/lab"
)

// needs skips a test where programs are not installed, and fails it where nothing may be left out.
func needs(t *testing.T, packages string, programs ...string) {
	t.Helper()
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if !strings.Contains(os.Getenv("PATH"), dir) {
			t.Setenv("PATH", os.Getenv("PATH")+":"+dir)
		}
	}
	for _, p := range programs {
		_, err := exec.LookPath(p)
		switch {
		case err == nil:
		case os.Getenv("STRICT") == "1":
			t.Fatalf("%v: apt-get install %s", err, packages)
		default:
			t.Skipf("%v: apt-get install %s", err, packages)
		}
	}
}

const slurmConf = `ClusterName=test
SlurmctldHost=@HOST(127.0.0.1)
SlurmctldPort=@PORT0
SlurmUser=@USER
SlurmdUser=@USER
AuthType=auth/munge
AuthInfo=socket=@DIR/munge.socket
CryptoType=crypto/munge
StateSaveLocation=@DIR/state
SlurmctldPidFile=@DIR/ctld.pid
SlurmdPidFile=@DIR/slurmd-%n.pid
SlurmdSpoolDir=@DIR/spool-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
SlurmdParameters=config_overrides
KillWait=3
NodeName=n1 NodeHostname=@HOST NodeAddr=127.0.0.1 Port=@PORT1 CPUs=4
NodeName=n2 NodeHostname=@HOST NodeAddr=127.0.0.1 Port=@PORT2 CPUs=4
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
`

// slurm starts a Slurm of the test's own with the nodes n1 and n2, and has this process and what it starts use it.
func slurm(t *testing.T) {
	t.Helper()
	needs(t, "slurm-wlm munge", "munged", "slurmctld", "slurmd", "sbatch", "srun")
	dir, err := os.MkdirTemp("", "slurm") // a socket's path must not be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	key := make([]byte, 128)
	_, _ = rand.Read(key) // it never fails
	ports := freePorts(t, 3)
	conf := filepath.Join(dir, "slurm.conf")
	text := strings.NewReplacer("@HOST", host, "@USER", me.Username, "@DIR", dir, "@PORT0", ports[0], "@PORT1", ports[1], "@PORT2", ports[2]).Replace(slurmConf)
	for name, data := range map[string]string{"munge.key": string(key), "slurm.conf": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLURM_CONF", conf)
	for _, name := range []string{"SLURM_JOB_ID", "SLURM_JOB_NUM_NODES"} {
		t.Setenv(name, "")
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	daemon(t, in("munged.log"), "munged", "-F", "--force", "--key-file="+in("munge.key"), "--socket="+in("munge.socket"),
		"--pid-file="+in("munge.pid"), "--log-file="+in("munge.log"), "--seed-file="+in("munge.seed"))
	lab.Await(t, "munged", func() bool { _, err := os.Stat(in("munge.socket")); return err == nil })
	daemon(t, in("ctld.log"), "slurmctld", "-D", "-c", "-f", conf)
	for _, node := range []string{"n1", "n2"} {
		daemon(t, in(node+".log"), "slurmd", "-D", "-N", node, "-f", conf)
	}
	lab.Await(t, "Slurm's nodes", func() bool {
		out, err := exec.Command("sinfo", "--noheader", "--format=%T %D").CombinedOutput()
		return err == nil && strings.TrimSpace(string(out)) == "idle 2"
	})
	t.Cleanup(func() {
		_ = exec.Command("scancel", "--user="+me.Username).Run() // mostly there is none
		lab.Await(t, "the end of all jobs", func() bool { return queued(t) == "" })
	})
}

// freePorts finds ports that nobody listens on, of those that are given to no connection: they stay free until they are used.
func freePorts(t *testing.T, n int) (out []string) {
	t.Helper()
	for port := 10000 + os.Getpid()*11%20000; len(out) < n; port++ {
		if port > 32000 {
			t.Fatal("no port is free")
		}
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			out = append(out, strconv.Itoa(port))
		}
	}
	return out
}

// daemon runs a program until the end of the test.
func daemon(t *testing.T, log string, argv ...string) {
	t.Helper()
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // it was ended by a signal
		late.Stop()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has started and not waited for
		if t.Failed() {
			text, _ := os.ReadFile(log)
			t.Logf("%s has printed:\n%s", argv[0], text)
		}
	})
}

// queued is what is in the queue, "ID state" on each line.
func queued(t *testing.T) string {
	t.Helper()
	return run(t, "squeue", "--noheader", "--array", "--format=%i %T %r")
}

func run(t *testing.T, argv ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), lab.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v: %s", fmt.Sprint(argv), err, errs.String())
	}
	return strings.TrimSpace(out.String())
}
