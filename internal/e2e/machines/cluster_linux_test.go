package machines

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/views"
)

const threeHosts = `
[sets.lab]
where = "ssh"
hosts = ["alpha", "beta", "gamma"]
n = 2
`

// whereabouts does a moment's work and says where.
func whereabouts(x int) string {
	time.Sleep(10 * time.Millisecond) // the work that is done
	host, err := os.Hostname()
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(x) + " " + host
}

// TestAClusterOfThreeHosts starts it, works on all hosts, loses one's link and gets it back, and stops it.
func TestAClusterOfThreeHosts(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta", "gamma")
	for name, settings := range map[string]string{
		"back through ssh": threeHosts, "directly": "[controller]\nip = \"" + l.Addr + "\"\n" + threeHosts,
	} {
		t.Run(name, func(t *testing.T) {
			profile(t, l, settings)
			said := lab.Start(t)
			if !strings.Contains(said, "cluster lab is ready: 6 engines") || strings.Contains(said, "without") {
				t.Errorf("start says\n%s", said)
			}
			var mu sync.Mutex
			var told []string
			rc := lab.Connect(t, func(e client.Event) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, e.Text)
			})
			lab.Engines(t, rc, 6)
			everywhere(t, rc, "alpha", "beta", "gamma")
			ids := rc.IDs()
			beta := l.Host("beta")
			got := hostsOf(t, rc, 2000, func(seen int) {
				if seen == 50 {
					beta.Link(false)
				}
			})
			beta.Link(true)
			if !slices.Contains(got, "alpha") || !slices.Contains(got, "gamma") {
				t.Errorf("the job ran on %q", got)
			}
			lab.Await(t, "the name of the lost host", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return strings.Contains(strings.Join(told, "\n"), "beta")
			})
			lab.Engines(t, rc, 6)
			if now := rc.IDs(); !slices.Equal(now, ids) {
				t.Errorf("there are engines %v, want %v as before", now, ids)
			}
			everywhere(t, rc, "alpha", "beta", "gamma")
			lab.Stop(t)
			bare(t, l.Host("alpha"), beta, l.Host("gamma"))
		})
	}
}

// hostsOf runs a job of n elements, each of which must come once, and returns the hosts that it ran on.
func hostsOf(t *testing.T, rc *client.Client, n int, seen func(int)) []string {
	t.Helper()
	r := rc.LoadBalanced().MapAsync(whereabouts, views.Range(0, n), views.ChunkSize(1))
	came := map[string]bool{}
	var hosts []string
	for v, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		x, host, _ := strings.Cut(v.(string), " ")
		if came[x] {
			t.Errorf("element %s came twice", x)
		}
		came[x] = true
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
		if seen != nil {
			seen(len(came))
		}
	}
	if len(came) != n {
		t.Errorf("%d elements came, want %d", len(came), n)
	}
	slices.Sort(hosts)
	return hosts
}

// everywhere runs jobs until they have run on all of these hosts. They run on no other.
func everywhere(t *testing.T, rc *client.Client, hosts ...string) {
	t.Helper()
	var seen []string
	lab.Await(t, "a job on each of "+strings.Join(hosts, ", "), func() bool {
		seen = append(seen, hostsOf(t, rc, 60, nil)...)
		slices.Sort(seen)
		seen = slices.Compact(seen)
		return len(seen) >= len(hosts)
	})
	if !slices.Equal(seen, hosts) {
		t.Errorf("jobs ran on %q, want %q", seen, hosts)
	}
}

// around tells what an engine finds around it.
func around(int) string {
	dir, err := os.Getwd()
	if err != nil {
		return err.Error()
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return err.Error()
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	host, err := os.Hostname()
	if err != nil {
		return err.Error()
	}
	return strings.Join([]string{host, dir, os.Getenv("COLOUR"), os.Getenv("GOCLUSTER_RESOURCES"), strings.Fields(rest)[16]}, " ")
}

func TestWhatEnginesFindAroundThem(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta")
	l.Host("alpha").User("mkdir ~/work")
	profile(t, l, `
[sets.lab]
where = "ssh"
hosts = ["alpha:2", "beta"]
n = 1
env = { COLOUR = "it's blue" }
resources = { gpu = 1 }
[sets.lab.host.alpha]
dir = "~/work"
nice = 5
env = { COLOUR = "red" }
resources = { licence = 2 }
`)
	lab.Start(t)
	rc := lab.Connect(t, nil)
	lab.Engines(t, rc, 3)
	seen := map[string]int{}
	for _, id := range rc.IDs() {
		got, err := rc.Engines(id).Map(around, views.Range(0, 1)).Get()
		if err != nil {
			t.Fatal(err)
		}
		seen[got[0].(string)]++
	}
	own, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	inherited := 20 - own // as the system call counts
	want := map[string]int{"alpha /home/lab/work red gpu=1,licence=2 5": 2, fmt.Sprintf("beta /home/lab it's blue gpu=1 %d", inherited): 1}
	if !maps.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
}

// TestALinkThatIsDownForLong loses the SSH connections that the engines' own go back by: those have to be made anew.
func TestALinkThatIsDownForLong(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta")
	p := profile(t, l, twoHosts)
	lab.Start(t)
	rc := lab.Connect(t, nil)
	lab.Engines(t, rc, 2)
	ids := rc.IDs()
	beta := l.Host("beta")
	beta.Link(false)
	lab.Told(t, p, "lab beta: the connection to it broke")
	lab.Await(t, "the loss of its engine", func() bool { return len(rc.IDs()) == 1 })
	beta.Link(true)
	lab.Engines(t, rc, 2)
	if now := rc.IDs(); !slices.Equal(now, ids) {
		t.Errorf("there are engines %v, want %v as before", now, ids)
	}
	everywhere(t, rc, "alpha", "beta")
	lab.Stop(t)
	bare(t, l.Host("alpha"), beta)
}
