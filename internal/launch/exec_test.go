package launch

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/machines"
	"github.com/gocluster/gocluster/profiles"
)

// TestMachineSets makes engine sets of machinefiles; they are as if they stood in a profile.
func TestMachineSets(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		n     int
		here  int // engines of this machine
		there []profiles.Host
	}{
		"hosts":           {"donner:2\nbob@foo slots=3\n", 0, 0, []profiles.Host{{Target: "donner", Name: "donner", N: 2}, {Target: "bob@foo", Name: "foo", N: 3}}},
		"in turn":         {"donner\nfoo\n", 3, 0, []profiles.Host{{Target: "donner", Name: "donner", N: 2}, {Target: "foo", Name: "foo", N: 1}}},
		"too many":        {"donner\nfoo\n", 1, 0, []profiles.Host{{Target: "donner", Name: "donner", N: 1}}},
		"here, twice":     {"localhost:2\n[::1]:3\n", 0, 5, nil},
		"here and there":  {"127.0.0.1\n[2001:db8::1]:2\n", 0, 1, []profiles.Host{{Target: "2001:db8::1", Name: "2001:db8::1", N: 2}}},
		"on several rows": {"donner\nfoo\ndonner\n", 0, 0, []profiles.Host{{Target: "donner", Name: "donner", N: 2}, {Target: "foo", Name: "foo", N: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			hosts, err := machines.Parse("hosts", strings.NewReader(c.file))
			if err != nil {
				t.Fatal(err)
			}
			sets, err := MachineSets(hosts, c.n)
			if err != nil {
				t.Fatal(err)
			}
			here, there := 0, []profiles.Host(nil)
			for _, set := range (&profiles.Settings{Sets: sets}).EngineSets() {
				for _, h := range set.Machines() {
					if set.Where == profiles.WhereLocal {
						here += h.N
						continue
					}
					there = append(there, profiles.Host{Target: h.Target, Name: h.Name, N: h.N})
				}
			}
			if here != c.here || !reflect.DeepEqual(there, c.there) {
				t.Errorf("got %d here and %+v, want %d and %+v", here, there, c.here, c.there)
			}
		})
	}
	if _, err := MachineSets([]machines.Host{{Target: "donner", Name: "donner", Slots: 5000}}, 0); err == nil || !strings.Contains(err.Error(), "more than 4096 engines on donner") {
		t.Errorf("5000 engines: got %v", err)
	}
}

// TestProgramsFindTheSettings: on the machines of a running cluster, slots, environment and directory are those of the profile's settings.
func TestProgramsFindTheSettings(t *testing.T) {
	t.Setenv(profiles.DirEnv, t.TempDir())
	p, err := profiles.Create("lab")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := clusterHosts(t.Context(), p); err == nil || !strings.Contains(err.Error(), "no cluster of profile lab is running") {
		t.Errorf("without a cluster: got %v", err)
	}
	settings := "[sets.lab]\nwhere = \"ssh\"\nhosts = [\"bob@donner\", \"foo:3\"]\ndir = \"/data\"\nenv = { A = \"1\", B = \"2\" }\n[sets.lab.host.donner]\nslots = 5\n"
	if err := os.WriteFile(p.ConfigFile(), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err = profiles.Open("lab"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(p.PIDDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	records := `[{"Machine": "head", "Host": "head"}, {"Set": "lab", "Machine": "donner", "Host": "bob@donner", "Engines": [0, 1]},
		{"Set": "lab", "Machine": "foo", "Host": "foo", "Engines": [2, 3, 4]}, {"Set": "more", "Machine": "vm", "Engines": [7]},
		{"Set": "queue", "Machine": "node", "Engines": [8], "Far": true}, {"Set": "queue", "Machine": "slurm", "System": "slurm", "Job": "17"}]`
	if err := os.WriteFile(recordsPath(p), []byte(records), 0o600); err != nil {
		t.Fatal(err)
	}
	hosts, around, _, err := clusterHosts(t.Context(), p)
	want := []machines.Host{{Target: "bob@donner", Name: "donner", Slots: 5}, {Target: "foo", Name: "foo", Slots: 3}, {Name: "vm", Slots: 1}}
	if err != nil || !reflect.DeepEqual(hosts, want) {
		t.Fatalf("got %+v, %v, want %+v", hosts, err, want)
	}
	if got := pairs(around[1].Env); around[1].Dir != "/data" || !reflect.DeepEqual(got, []string{"A=1", "B=2"}) {
		t.Errorf("on foo: %q in %q", got, around[1].Dir)
	}
	if around[2].Dir != "" || len(around[2].Env) != 0 {
		t.Errorf("on a machine without settings: %+v", around[2])
	}
}
