package machines

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/views"
)

// alone does something that only one process of a machine may do at a time, and says where it has done it.
func alone(int) (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	file, err := os.OpenFile(filepath.Join(home, "in use"), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err // another is at it
	}
	time.Sleep(5 * time.Millisecond) // the work that is done
	host, err := os.Hostname()
	return host, errors.Join(err, file.Close(), os.Remove(file.Name()))
}

// TestTasksThatNeedWhatMachinesHave has jobs for machines of which one has something twice that the other has not.
func TestTasksThatNeedWhatMachinesHave(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta")
	profile(t, l, `
[sets.lab]
where = "ssh"
hosts = ["alpha:3", "beta:2"]
resources = { gpu = 1 }
[sets.lab.host.alpha]
resources = { licence = 2 }
`)
	rc := lab.Up(t, 5)
	view := rc.LoadBalanced().With(views.ChunkSize(1))
	hostsOf := func(r *views.Result) []string {
		t.Helper()
		values, err := r.Get()
		if err != nil {
			t.Fatal(err)
		}
		var hosts []string
		for _, v := range values {
			if !slices.Contains(hosts, v.(string)) {
				hosts = append(hosts, v.(string))
			}
		}
		slices.Sort(hosts)
		return hosts
	}
	if got := hostsOf(view.Map(alone, views.Range(0, 60), views.Needs("gpu", 1))); !slices.Equal(got, []string{"alpha", "beta"}) {
		t.Errorf("what needs a gpu ran on %q", got)
	}
	if got := hostsOf(view.Map(alone, views.Range(0, 20), views.Needs("licence", 2))); !slices.Equal(got, []string{"alpha"}) {
		t.Errorf("what needs two licences ran on %q", got)
	}
	if got := hostsOf(rc.All().With(views.Needs("gpu", 1)).Apply(alone, 0)); !slices.Equal(got, []string{"alpha", "beta"}) {
		t.Errorf("on each engine, it ran on %q", got)
	}
	_, err := view.Map(alone, views.Range(0, 2), views.Needs("gpu", 2)).Get()
	if !errors.Is(err, views.ErrNoEngine) || !strings.Contains(err.Error(), "the job needs gpu=2 for each of its tasks, and no machine has that: alpha has gpu=1, licence=2, beta has gpu=1") {
		t.Errorf("what needs two gpus: %v", err)
	}
	if workers, err := rc.Workers(); err != nil || !strings.Contains(workers.String(), "gpu 0 of 1, licence 0 of 2") {
		t.Errorf("the workers are\n%v, %v", workers, err)
	}
}
