package queue

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/e2e/lab"
)

// Where Debian's packages of Grid Engine have their programs, and what they begin with. Nothing else of the packages is used.
const (
	gePrograms = "/usr/lib/gridengine"
	geShare    = "/usr/share/gridengine"
	gePackages = "gridengine-master gridengine-exec gridengine-client gridengine-common libjemalloc2 libtirpc3 libhwloc15 libmunge2"
)

const geBootstrap = `admin_user none
default_domain none
ignore_fqdn true
spooling_method berkeleydb
spooling_lib libspoolb
spooling_params @DIR/db
binary_path @DIR/root/bin
qmaster_spool_dir @DIR/qmaster
security_mode none
listener_threads 2
worker_threads 2
scheduler_threads 1
jvm_threads 0
`

// gridEngine starts a Grid Engine of the test's own with this machine as its one node, of eight slots, and has this process and what it starts use it.
func gridEngine(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", gePrograms+":"+os.Getenv("PATH"))
	needs(t, gePackages, "sge_qmaster", "sge_execd", "qsub", "qconf")
	if os.Getuid() != 0 {
		t.Skip("Grid Engine's sge_execd needs root")
	}
	dir, err := os.MkdirTemp("", "sge")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	in := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	ports := freePorts(t, 2)
	for name, value := range map[string]string{
		"SGE_ROOT": in("root"), "SGE_CELL": "default", "SGE_ARCH": "lx-amd64", "SGE_ND": "1", // SGE_ND: daemons stay in the foreground
		"SGE_QMASTER_PORT": ports[0], "SGE_EXECD_PORT": ports[1], "SGE_CLUSTER_NAME": "test", "JOB_ID": "",
	} {
		t.Setenv(name, value)
	}
	for _, name := range []string{"root/bin", "root/lib", "root/utilbin", "root/default/common", "qmaster", "db"} {
		if err := os.MkdirAll(in(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bin", "lib", "utilbin"} {
		if err := os.Symlink(gePrograms, in("root", name, "lx-amd64")); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, text string) string {
		if err := os.WriteFile(in(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return in(name)
	}
	put("root/default/common/act_qmaster", host+"\n")
	put("root/default/common/host_aliases", host+" localhost\n") // where the machine's name is the loopback's
	put("root/default/common/bootstrap", strings.ReplaceAll(geBootstrap, "@DIR", dir))
	first, err := os.ReadFile(filepath.Join(geShare, "default-configuration"))
	if err != nil {
		t.Fatal(err)
	}
	// Jobs are told apart by groups, which no other test's Grid Engine has.
	groups := 100_000 + os.Getpid()%10_000*100
	conf := put("conf", edit(string(first), "execd_spool_dir", in("spool"), "min_uid", "0", "min_gid", "0", "load_report_time", "0:0:2",
		"gid_range", fmt.Sprintf("%d-%d", groups, groups+99)))
	run(t, "spoolinit", "berkeleydb", "libspoolb", in("db"), "init")
	run(t, "spooldefaults", "configuration", conf)
	run(t, "spooldefaults", "complexes", filepath.Join(geShare, "util/resources/centry"))
	run(t, "spooldefaults", "usersets", filepath.Join(geShare, "util/resources/usersets"))
	run(t, "spooldefaults", "managers", run(t, "id", "-un"))
	daemon(t, in("qmaster.log"), "sge_qmaster")
	lab.Await(t, "sge_qmaster", func() bool { return exec.Command("qconf", "-sh").Run() == nil })
	run(t, "qconf", "-as", host)
	run(t, "qconf", "-Ap", put("pe", edit(run(t, "cat", geShare+"/util/resources/pe/mpi"), "slots", "99")))
	run(t, "qconf", "-Msconf", put("sched", edit(run(t, "qconf", "-ssconf"), "schedule_interval", "0:0:1", "flush_submit_sec", "1", "flush_finish_sec", "1")))
	daemon(t, in("execd.log"), "sge_execd")
	run(t, "qconf", "-Aq", put("queue", edit(run(t, "qconf", "-sq"), "qname", "all.q", "hostlist", host, "slots", "8", "load_thresholds", "NONE",
		"pe_list", "mpi", "qtype", "BATCH")))
	node := regexp.MustCompile(`(?m)^\S+ +lx-amd64 +\d`)
	lab.Await(t, "Grid Engine's node", func() bool {
		out, err := exec.Command("qhost").Output()
		return err == nil && node.Match(out)
	})
	t.Cleanup(func() {
		_ = exec.Command("qdel", "-u", "*").Run() // mostly there is none
		lab.Await(t, "the end of all jobs", func() bool { return run(t, "qstat") == "" })
	})
}

// edit sets settings of a text that has one on each line, given as names and values.
func edit(text string, settings ...string) string {
	for i := 0; i < len(settings); i += 2 {
		text = regexp.MustCompile(`(?m)^`+settings[i]+`\s.*$`).ReplaceAllString(text, settings[i]+" "+settings[i+1])
	}
	return text + "\n"
}

// geJob is a line about a job, whatever its state: one that runs may still be called "t", on its way to the node.
var geJob = regexp.MustCompile(`(?m)^ *(\d+) `)

// TestAJobOfGridEngine runs, is deleted by somebody else, and is deleted by stop.
func TestAJobOfGridEngine(t *testing.T) {
	gridEngine(t)
	p := lab.Profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"sge\"\nn = 2\n")
	rc := lab.Up(t, 3)
	placed(t, rc, " of  on ", "0 of 1 on ")
	job := geJob.FindStringSubmatch(run(t, "qstat"))
	if job == nil {
		t.Fatalf("in the queue is %s", run(t, "qstat"))
	}
	run(t, "qdel", job[1])
	lab.Told(t, p, "queue sge: ended: job "+job[1])
	lab.Await(t, "the loss of its engines", func() bool { return len(rc.IDs()) == 1 })
	down(t, p)
	lab.Up(t, 3)
	down(t, p)
	if left := run(t, "qstat"); left != "" {
		t.Errorf("in the queue is left: %s", left)
	}
}

// TestAnArrayOfGridEngine has engines as its jobs start, and leaves before their time is up.
func TestAnArrayOfGridEngine(t *testing.T) {
	gridEngine(t)
	p := lab.Profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"sge\"\nhow = \"direct\"\nnodes = 3\nn = 1\narray = true\ntime = \"50s\"\nleave = \"25s\"\n")
	rc := lab.Up(t, 4)
	placed(t, rc, " of  on ", "0 of 3 on ", "1 of 3 on ", "2 of 3 on ")
	if said := lab.Must(t, "workers", "--profile=lab"); !strings.Contains(said, "leaves in ") {
		t.Errorf("workers says\n%s", said)
	}
	lab.Told(t, p, "has ended: its engines have left")
	lab.Await(t, "the end of all jobs", func() bool { return run(t, "qstat") == "" })
	placed(t, rc, " of  on ")
	down(t, p)
}
