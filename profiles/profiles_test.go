package profiles

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// home gives a test a folder of its own for all that gocluster keeps.
func home(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "home")
	t.Setenv(DirEnv, dir)
	t.Setenv(ConnectionEnv, "")
	return dir
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// expect fails the test unless err has all the texts.
func expect(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want %q in it", err, text)
		}
	}
}

func TestTheDefaultProfileIsThereWhenOpened(t *testing.T) {
	dir := home(t)
	p, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "profiles", "default"); p.Name != "default" || p.Dir != want {
		t.Errorf("got profile %s in %s, want default in %s", p.Name, p.Dir, want)
	}
	for _, sub := range []string{p.SecurityDir(), p.LogDir(), p.PIDDir()} {
		if runtime.GOOS != "windows" && mode(t, sub) != 0o700 {
			t.Errorf("%s has mode %04o, want 0700", sub, mode(t, sub))
		}
	}
	if s := p.Settings; s.Controller.IP != "127.0.0.1" || s.Engines.Restart != RestartAlways || s.Heartbeat != Defaults().Heartbeat {
		t.Errorf("got settings %+v, want the defaults", s)
	}
}

func TestManyMayOpenTheFirstProfileAtOnce(t *testing.T) {
	home(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := Open(""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	root, _ := Dir()
	entries, err := os.ReadDir(filepath.Join(root, "profiles"))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d entries are left, want the profile alone: %v %v", len(entries), entries, err)
	}
}

func TestProfilesAreCreatedListedAndSuggested(t *testing.T) {
	home(t)
	if names, err := List(); err != nil || len(names) != 0 {
		t.Errorf("got %v, %v, want none yet", names, err)
	}
	for _, name := range []string{"lab", "smallcluster"} {
		if _, err := Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := List(); err != nil || !slices.Equal(names, []string{"lab", "smallcluster"}) {
		t.Errorf("got %v, %v", names, err)
	}
	_, err := Create("lab")
	expect(t, err, "lab exists already", "gocluster.toml")
	_, err = Open("smalcluster")
	expect(t, err, "no profile smalcluster", "did you mean smallcluster?", "gocluster profile create smalcluster")
	for _, bad := range []string{"../x", "a/b", ".hidden", "-x", "", strings.Repeat("x", 65), "ü", "a b"} {
		_, err = Create(bad)
		expect(t, err, "cannot name a profile")
	}
}

func TestAFolderOfOnesOwnIsAProfileToo(t *testing.T) {
	home(t)
	dir := filepath.Join(t.TempDir(), "embedded")
	p, err := At(dir)
	if err != nil || p.Dir != dir || p.Name != "embedded" {
		t.Fatalf("got %+v, %v", p, err)
	}
	if err := os.WriteFile(p.ConfigFile(), []byte("[engines]\nn = 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err = At(dir); err != nil || p.Settings.Engines.N != 3 {
		t.Errorf("opened again: got %+v, %v, want 3 engines", p, err)
	}
}

func TestUnwritableFoldersSayWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(DirEnv, file)
	_, err := Open("")
	expect(t, err, "cannot write in", file, DirEnv)
	_, err = At(filepath.Join(file, "p"))
	expect(t, err, "cannot write in")
}

func TestWithoutAHomeTheErrorSaysWhatToSet(t *testing.T) {
	t.Setenv(DirEnv, "")
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, "")
	}
	_, err := Dir()
	expect(t, err, "set "+DirEnv)
}

func TestTheTemplateShowsTheDefaults(t *testing.T) {
	var lines []string
	for _, line := range strings.Split(template, "\n") {
		if rest, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(rest, " = ") && rest[0] != ' ' {
			line = rest
		}
		lines = append(lines, line)
	}
	got, err := ParseSettings("template", []byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	want.Controller.Announce = []string{}
	if !slices.Equal(got.Controller.Announce, want.Controller.Announce) || got.Controller.IP != want.Controller.IP || got.Controller.Port != 0 ||
		got.Engines != want.Engines || got.Heartbeat != want.Heartbeat {
		t.Errorf("the lines of the template mean %+v, want %+v", got, want)
	}
	for _, table := range []string{"controller", "engines", "heartbeat"} {
		if !strings.Contains(template, "["+table+"]") {
			t.Errorf("the template lacks [%s]", table)
		}
	}
}

// TestTheTemplatesExampleIsRight reads the lines about sets, which are indented.
func TestTheTemplatesExampleIsRight(t *testing.T) {
	var lines []string
	for _, line := range strings.Split(template, "\n") {
		if rest, ok := strings.CutPrefix(line, "#   "); ok {
			lines = append(lines, rest)
		}
	}
	got, err := ParseSettings("template", []byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	sets := got.EngineSets()
	if len(sets) != 4 || sets[0].Name != "lab" || sets[1].Name != "queue" || sets[2].How != HowMpiexec {
		t.Fatalf("got the sets %+v", sets)
	}
	if sets[1].Where != WhereSlurm || sets[1].How != HowSrun || sets[1].Nodes != 4 || time.Duration(sets[1].Time) != 2*time.Hour {
		t.Errorf("got %+v", sets[1])
	}
	if s := sets[3]; s.Where != WhereLocal || s.Max != 8 || s.Least() != 1 || s.IdleTime() != time.Minute {
		t.Errorf("got %+v", s)
	}
	all := map[string]string{"OMP_NUM_THREADS": "1"}
	want := []Host{
		{"alpha", "alpha", 8, 2, 10, all, "~/work", "/opt/bin/gocluster", map[string]int{"gpu": 1}, RestartAlways},
		{"bob@beta", "beta", 4, 2, 10, all, "~/work", "/opt/bin/gocluster", map[string]int{"gpu": 1}, RestartAlways},
	}
	if hosts := sets[0].Machines(); !reflect.DeepEqual(hosts, want) {
		t.Errorf("got the hosts\n%+v, want\n%+v", hosts, want)
	}
}

func TestWithoutSetsTheEnginesAreHere(t *testing.T) {
	s, err := ParseSettings("f", []byte("[engines]\nn = 3\nrestart = \"never\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	sets := s.EngineSets()
	if len(sets) != 1 || sets[0].Where != WhereLocal || sets[0].How != HowDirect {
		t.Fatalf("got %+v", sets)
	}
	if h := sets[0].Machines(); len(h) != 1 || h[0].N != 3 || h[0].Restart != RestartNever || h[0].Name != "" {
		t.Errorf("got %+v", h)
	}
}

func TestSettingsAreRead(t *testing.T) {
	got, err := ParseSettings("f", []byte("[controller]\nip = \"::\"\nport = 7123\nannounce = [\"head.example\"]\n[engines]\nn = 8\nrestart = \"never\"\n[heartbeat]\nsilence = \"10s\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Controller.IP != "::" || got.Controller.Port != 7123 || got.Controller.Announce[0] != "head.example" ||
		got.Engines != (EngineSettings{8, RestartNever}) || got.Heartbeat != (HeartbeatSettings{Duration(time.Second), Duration(10 * time.Second)}) {
		t.Errorf("got %+v", got)
	}
}

func TestMistakesInSettingsAreToldWithTheirLines(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"[controller]\nprot = 1\n", []string{"f:2:", "controller.prot", "did you mean controller.port?"}},
		{"[controler]\nport = 1\n", []string{"f:1:", "did you mean controller?"}},
		{"\n[engines]\nzzzzzz = 1\n", []string{"f:3:", "engines.zzzzzz", "n, restart"}},
		{"[engines]\nn = 1\nnumber = 2\n[heartbeat]\nintervall = \"1s\"\n", []string{"f:3:", "engines.number", "f:5:", "did you mean heartbeat.interval?"}},
		{"[controller]\n\nport = 70000\n", []string{"f:3: controller.port: 70000 is not a port"}},
		{"controller.port = -1", []string{"f:1: controller.port"}},
		{"[controller]\nip = \"localhost\"\n", []string{"f:2: controller.ip", "not an IP address"}},
		{"[controller]\nannounce = [\"a b\"]\n", []string{"f:2: controller.announce"}},
		{"[engines]\nn = -1\n", []string{"f:2: engines.n"}},
		{"[engines]\nrestart = \"sometimes\"\n", []string{"f:2: engines.restart", "always"}},
		{"[heartbeat]\ninterval = \"1\"\n", []string{"f:2:", "not a duration"}},
		{"[heartbeat]\ninterval = \"1ms\"\n", []string{"f:2: heartbeat.interval"}},
		{"[heartbeat]\ninterval = \"4s\"\n", []string{"heartbeat.silence", "less than two intervals"}},
		{"[engines]\nn = \"four\"\n", []string{"f:2:"}},
		{"[engines\nn = 4\n", []string{"f:1:"}},
		{"[engines]\nn = 1\nn = 2\n", []string{"f:3:"}},
		{"[controller]\nhost = \"-oProxyCommand=x\"\n", []string{"f:2: controller.host", "not a host"}},
		{"[controller]\nhost = \"head:22\"\n", []string{"f:2: controller.host", "~/.ssh/config"}},
		{"[controller]\nports = \"7100-7000\"\n", []string{"f:2:", "not a range of ports"}},
		{"[controller]\nport = 7000\nports = \"7000-7100\"\n", []string{"f:3: controller.ports", "give one of them"}},
		{"[ssh]\noptions = [\"-v\"]\n", []string{"f:2: ssh.options", "ConnectTimeout=5"}},
		{"[set.lab]\nn = 1\n", []string{"f:1:", "did you mean sets?"}},
		{"[sets.lab]\nhost = [\"a\"]\n", []string{"f:2:"}},
		{"[sets.lab]\nwhere = \"ssh\"\nhosts = [\"a\"]\nnise = 2\n", []string{"f:4:", "did you mean sets.lab.nice?"}},
		{"[sets.lab]\nwhere = \"shh\"\n", []string{"f:2: sets.lab.where", "did you mean \"ssh\"?"}},
		{"[sets.lab]\nwhere = \"cloud\"\n", []string{"f:2: sets.lab.where", "\"sge\" or \"lsf\""}},
		{"\n[sets.lab]\nwhere = \"ssh\"\n", []string{"f:3: sets.lab.hosts", "needs hosts"}},
		{"[sets.lab]\nhosts = [\"a\"]\n", []string{"f:2: sets.lab.hosts", "where = \"ssh\""}},
		{"[sets.lab]\nwhere = \"ssh\"\nhosts = [\"a\", \"bob@a:2\"]\n", []string{"f:3: sets.lab.hosts", "a is there twice"}},
		{"[sets.lab]\nwhere = \"ssh\"\nhosts = [\"-v\", \"a b\", \"c:0\"]\n", []string{"\"-v\" is not a host", "\"a b\" is not a host", "\"c:0\""}},
		{"[sets.lab]\nwhere = \"ssh\"\nhosts = [\"alpha\"]\n[sets.lab.host.alhpa]\nn = 3\n", []string{"f:5: sets.lab.host.alhpa", "did you mean alpha?"}},
		{"[sets.lab]\nwhere = \"ssh\"\nhosts = [\"a\"]\n[sets.lab.host.a]\nnice = 20\n", []string{"f:5: sets.lab.host.a.nice", "0 to 19"}},
		{"[sets.lab]\nwhere = \"ssh\"\nhosts = [\"a\"]\ntime = \"90m\"\n", []string{"f:4: sets.lab.time", "batch systems"}},
		{"[sets.q]\nwhere = \"slurm\"\ntime = \"soon\"\n", []string{"f:3:", "not a wall time"}},
		{"[sets.q]\nwhere = \"pbs\"\nhow = \"srun\"\n", []string{"f:3: sets.q.how", "Slurm"}},
		{"[sets.q]\nwhere = \"slurm\"\nhosts = [\"a\"]\n", []string{"f:3: sets.q.hosts", "chooses the hosts"}},
		{"[sets.lab]\nn = -2\nslots = -1\nenv = { \"a b\" = \"1\" }\nresources = { gpu = -1 }\n", []string{"f:2: sets.lab.n", "f:3: sets.lab.slots", "f:4: sets.lab.env", "f:5: sets.lab.resources"}},
		{"[engines]\nn = 2\n[sets.lab]\nn = 1\n", []string{"f:2: engines.n", "make these engines a set"}},
		{"[sets.a]\nmin = 1\n", []string{"sets.a.max", "give max, too"}},
		{"[sets.a]\nhow = \"mpiexec\"\nn = 1\nmax = 2\n", []string{"f:4: sets.a.max", "ranks that mpiexec has started"}},
		{"[sets.a]\nwhere = \"slurm\"\nmax = 2\n", []string{"f:3: sets.a.max", "give n, too"}},
		{"[sets.a]\nwhere = \"slurm\"\nnodes = 2\nn = 2\nmax = 3\n", []string{"f:4: sets.a.n", "4 engines to start with are more than max, which is 3"}},
		{"[sets.a]\nmax = 2\nmin = 3\n", []string{"f:3: sets.a.min", "max, which is 2"}},
		{"[sets.a]\nn = 3\nmax = 2\n", []string{"f:2: sets.a.n", "more than max"}},
		{"[sets.a]\nmax = 2\nidle = \"1ms\"\n", []string{"f:3: sets.a.idle", "at least 1s"}},
	} {
		_, err := ParseSettings("f", []byte(c.text))
		expect(t, err, c.want...)
	}
}

func TestAProfileWithAMistakeIsNotOpened(t *testing.T) {
	home(t)
	p, err := Create("lab")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.ConfigFile(), []byte("[engines]\nm = 4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open("lab")
	expect(t, err, p.ConfigFile()+":2:", "no setting engines.m", "n, restart")
}
