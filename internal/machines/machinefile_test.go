package machines

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// TestPlacement places ranks by machinefiles as MPI users write them.
func TestPlacement(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		n    int
		want string
	}{
		"MPICH's counts":                     {"donner:2\nfoo:2\nshakey:2\nterra:2\n", 8, "donner donner foo foo shakey shakey terra terra"},
		"Open MPI's counts":                  {"donner slots=2\nfoo slots=2\nshakey slots=2\nterra slots=2", 8, "donner donner foo foo shakey shakey terra terra"},
		"no counts: in turn":                 {"donner\nfoo\nshakey\nterra\n", 8, "donner foo shakey terra donner foo shakey terra"},
		"as many ranks as slots":             {"a:3\nb\n", 0, "a a a b"},
		"fewer ranks than slots":             {"a:3\nb:3\n", 4, "a a a b"},
		"more ranks than slots":              {"a:2\nb:1\n", 7, "a a b a a b a"},
		"max_slots ends it for a host":       {"a slots=1 max_slots=2\nb\n", 5, "a b a b b"},
		"max_slots as Open MPI also has it":  {"a slots=1 max-slots=1\nb\n", 3, "a b b"},
		"blank lines, comments, spaces":      {"# the lab\n\n  a:2   # the fast one\r\n\t\n#b:9\nc slots = 2\n", 4, "a a c c"},
		"a host on several lines, as PBS's":  {"a\na\nb\na\n", 4, "a a b a"},
		"users, addresses, a byte order":     {"\ufeffbob@a:2\n10.0.0.7\n[::1]:2\nx.y-z.org:1\n", 6, "bob@a bob@a 10.0.0.7 ::1 ::1 x.y-z.org"},
		"counts under the names of old MPIs": {"a cpus=2\nb count=1\n", 3, "a a b"},
	} {
		t.Run(name, func(t *testing.T) {
			hosts, err := Parse("hosts", strings.NewReader(c.file))
			if err != nil {
				t.Fatal(err)
			}
			placed, err := Place(hosts, c.n)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range placed {
				got = append(got, hosts[i].Target)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), c.want)
			}
		})
	}
}

// TestALineIsAHost looks at all that is read.
func TestALineIsAHost(t *testing.T) {
	hosts, err := Parse("lab/hosts", strings.NewReader("\nbob@beta slots=2 max_slots=4\n"))
	want := []Host{{Target: "bob@beta", Name: "beta", Slots: 2, Max: 4, File: "lab/hosts", Line: 2}}
	if err != nil || !reflect.DeepEqual(hosts, want) {
		t.Errorf("got %+v, %v", hosts, err)
	}
}

// TestWhatIsWrongInAMachinefile says where it is and what helps, for all lines at once.
func TestWhatIsWrongInAMachinefile(t *testing.T) {
	const count = "it is how many processes the host takes, 1 to 100000; a port belongs into ~/.ssh/config"
	for file, want := range map[string]string{
		"":                        `hosts:1: there is no host in the file; write one on each line: "host", "host:4" or "host slots=4"`,
		"# nothing\n\n":           `hosts:2: there is no host in the file; write one on each line: "host", "host:4" or "host slots=4"`,
		"a:two":                   `hosts:1: the number after the colon is "two"; ` + count,
		"a:":                      `hosts:1: the number after the colon is ""; ` + count,
		"a:-1":                    `hosts:1: the number after the colon is "-1"; ` + count,
		"a\n\nb:0":                `hosts:3: the number after the colon is 0; put a # before a host that is to take nothing`,
		"a slots=x":               `hosts:1: slots is "x"; ` + count,
		"a slots":                 `hosts:1: slots is ""; ` + count,
		"a:2 slots=3":             `hosts:1: there are two counts of slots; leave one out`,
		"a slots=4 max_slots=2":   `hosts:1: max_slots=2 is less than its 4 slots; change one of them`,
		"a 4":                     `hosts:1: "4" stands after the host; write "a:4" or "a slots=4"`,
		"a b":                     `hosts:1: "b" is not known; after the host "slots=4" and "max_slots=8" may stand, and each host has a line of its own`,
		"-oProxyCommand=date":     `hosts:1: "-oProxyCommand=date" is not a host; write "host", "user@host", "host:4" or "[::1]:4"`,
		"a:2 binding=user:0":      `hosts:1: binding is for MPI's own processes, which gocluster does not bind; leave it out`,
		"a:x\nb:2\n^c slots=1\n":  "hosts:1: the number after the colon is \"x\"; " + count + "\nhosts:3: \"^c\" is not a host; write \"host\", \"user@host\", \"host:4\" or \"[::1]:4\"",
		"a:100001 # many\nb:2 # ": `hosts:1: the number after the colon is "100001"; ` + count,
	} {
		if _, err := Parse("hosts", strings.NewReader(file)); fmt.Sprint(err) != want {
			t.Errorf("%q:\ngot  %v\nwant %s", file, err, want)
		}
	}
}

// TestRanksThatDoNotFit are refused.
func TestRanksThatDoNotFit(t *testing.T) {
	hosts := []Host{{Target: "a", Slots: 2, Max: 3}, {Target: "b", Slots: 1, Max: 1}}
	if _, err := Place(hosts, 5); fmt.Sprint(err) != "5 processes do not fit: by max_slots the hosts take 4; ask for no more, or add hosts" {
		t.Errorf("got %v", err)
	}
	if _, err := Place(hosts, -1); fmt.Sprint(err) != "-n -1: a program can have 1 to 100000 processes" {
		t.Errorf("got %v", err)
	}
}
