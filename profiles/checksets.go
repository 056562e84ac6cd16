package profiles

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// checkControllersHost checks the settings of a controller that is not here, and of its ports.
func (s *Settings) checkControllersHost(m *mistakes) {
	c := s.Controller
	if c.Host != "" {
		if h, err := parseHost(c.Host); err != nil || h.n != nil {
			m.add("controller.host", "%q is not a host: write \"host\" or \"user@host\"; a port belongs into ~/.ssh/config", c.Host)
		}
	}
	if c.Port != 0 && c.Ports != (PortRange{}) {
		m.add("controller.ports", "there is controller.port as well: give one of them")
	}
}

var optionForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*[ =].+$`)

func (s *SSHSettings) check(m *mistakes) {
	for _, o := range s.Options {
		if !optionForm.MatchString(o) || strings.ContainsAny(o, "\n\r") {
			m.add("ssh.options", "%q is not as in a configuration file of ssh: \"ConnectTimeout=5\"", o)
		}
	}
	if strings.HasPrefix(s.Config, "-") {
		m.add("ssh.config", "%q is not a file", s.Config)
	}
}

func (s *Settings) checkSets(m *mistakes) {
	if len(s.Sets) > 0 && m.given("engines.n") {
		m.add("engines.n", "it counts only where there are no [sets]: make these engines a set, with where = \"local\"")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Sets)) {
		set := s.Sets[name]
		key := "sets." + name
		if !nameForm.MatchString(name) {
			m.add(key, "%q cannot name a set: use letters, digits, '-', '_' and '.', a letter or digit first", name)
		}
		set.check(m, key)
		set.HostSettings.check(m, key)
	}
}

func (s *SetSettings) check(m *mistakes, key string) {
	where := cmp.Or(s.Where, WhereLocal)
	oneOf(m, key+".where", string(where), wheres)
	oneOf(m, key+".how", cmp.Or(string(s.How), string(HowDirect)), hows)
	switch {
	case where == WhereSSH && len(s.Hosts) == 0:
		m.add(key+".hosts", "where = \"ssh\" needs hosts = [\"alpha\", \"user@beta:4\"]")
	case where == WhereLocal && len(s.Hosts) > 0 && s.How != HowMpiexec:
		m.add(key+".hosts", "where = \"local\" is this machine alone: for other hosts say where = \"ssh\"")
	case where.Batch() && len(s.Hosts) > 0:
		m.add(key+".hosts", "the batch system chooses the hosts: leave them out, or give a directive")
	case s.How == HowSrun && where != WhereSlurm:
		m.add(key+".how", "srun starts processes of a Slurm job: it needs where = \"slurm\"")
	}
	s.checkHosts(m, key)
	s.checkBatch(m, key, where)
	s.checkAdapt(m, key, where)
	for name, n := range map[string]int{"nodes": s.Nodes, "tasks": s.Tasks} {
		if n < 0 || n > MaxEngines {
			m.add(key+"."+name, "%d: give 1 to %d", n, MaxEngines)
		}
	}
}

// checkAdapt checks what is for sets that grow and shrink.
func (s *SetSettings) checkAdapt(m *mistakes, key string, where Where) {
	first := s.first(where)
	switch {
	case s.Max == 0 && (s.Min != nil || s.Idle != 0):
		m.add(key+".max", "min and idle are for sets that grow and shrink: give max, too")
	case s.Max == 0:
	case where == WhereLocal && s.How == HowMpiexec:
		m.add(key+".max", "ranks that mpiexec has started on this machine stay as many as they are: a set with max is how = \"direct\", or in a batch system")
	case where.Batch() && number(s.N) == 0:
		m.add(key+".max", "how many engines a node has is known only if n is given: give n, too")
	case s.Max < 1 || s.Max > MaxEngines:
		m.add(key+".max", "%d: give 1 to %d", s.Max, MaxEngines)
	case s.Least() < 0 || s.Least() > s.Max:
		m.add(key+".min", "%d: give 0 to max, which is %d", s.Least(), s.Max)
	case first > s.Max:
		m.add(key+".n", "%d engines to start with are more than max, which is %d", first, s.Max)
	case s.Idle != 0 && s.Idle < Duration(time.Second):
		m.add(key+".idle", "%v: give at least 1s, engines would come and go all the time", time.Duration(s.Idle))
	}
}

// first is how many engines the set has at the start, as far as that is known.
func (s *SetSettings) first(where Where) int {
	if where.Batch() {
		return number(s.N) * max(1, s.Nodes) * max(1, s.Tasks)
	}
	n, set := 0, Set{SetSettings: *s}
	for _, h := range set.Machines() {
		n += h.N
	}
	return n
}

// checkBatch checks what is for batch systems, and for mpiexec.
func (s *SetSettings) checkBatch(m *mistakes, key string, where Where) {
	how := cmp.Or(s.How, where.how())
	switch {
	case how == HowMpiexec && where == WhereSSH:
		m.add(key+".how", "mpiexec reaches other hosts by itself: say where = \"local\" and name them in mpiexec = [\"mpiexec\", \"--hostfile\", \"hosts\"]")
	case how == HowDirect && where.Batch() && !s.Array && max(1, s.Nodes)*max(1, s.Tasks) > 1:
		m.add(key+".how", "direct starts one engine host, on the first node of a job: say how = \"mpiexec\", for Slurm \"srun\", or array = true with one task")
	case how == HowDirect && where.Batch() && s.Tasks > 1:
		m.add(key+".tasks", "direct starts one engine host on each node: give it more engines with n")
	}
	if how != HowMpiexec && len(s.Mpiexec) > 0 {
		m.add(key+".mpiexec", "it is for how = \"mpiexec\"")
	}
	if where.Batch() {
		return
	}
	for _, name := range []string{"nodes", "tasks", "time", "partition", "directives", "prologue", "array", "leave"} {
		if m.given(key+"."+name) && (name != "tasks" || how != HowMpiexec) {
			m.add(key+"."+name, "it is for batch systems, where = \"slurm\", \"pbs\", \"sge\" or \"lsf\"; this set's is %q", where)
		}
	}
}

// checkHosts checks the names of hosts, and what is said about single ones.
func (s *SetSettings) checkHosts(m *mistakes, key string) {
	var names []string
	for _, text := range s.Hosts {
		h, err := parseHost(text)
		switch {
		case err != nil:
			m.add(key+".hosts", "%v", err)
		case slices.Contains(names, h.name):
			m.add(key+".hosts", "%s is there twice: give it more engines, as in \"%s:4\"", h.name, h.name)
		}
		names = append(names, h.name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Host)) {
		own := s.Host[name]
		own.check(m, key+".host."+name)
		if slices.Contains(names, name) {
			continue
		}
		if near, ok := Closest(name, names); ok {
			m.add(key+".host."+name, "%s is not among the hosts: did you mean %s?", name, near)
			continue
		}
		m.add(key+".host."+name, "%s is not among the hosts", name)
	}
}

var envForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (s *HostSettings) check(m *mistakes, key string) {
	if n := number(s.N); n < 0 || n > MaxEngines {
		m.add(key+".n", "%d engines on one machine: give 1 to %d, or 0 for one per core", n, MaxEngines)
	}
	if n := number(s.Slots); n < 0 || n > MaxEngines {
		m.add(key+".slots", "%d: give 1 to %d, or 0 for as many as engines", n, MaxEngines)
	}
	if n := number(s.Nice); n < 0 || n > 19 {
		m.add(key+".nice", "%d: give 0 to 19", n)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		if !envForm.MatchString(name) || strings.ContainsRune(s.Env[name], 0) {
			m.add(key+".env", "%q cannot name an environment variable", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Resources)) {
		if !nameForm.MatchString(name) || s.Resources[name] < 0 {
			m.add(key+".resources", "%s = %d: a resource has a name and a number, as in { gpu = 1 }", name, s.Resources[name])
		}
	}
	oneOf(m, key+".restart", cmp.Or(string(s.Restart), string(RestartAlways)), []string{string(RestartAlways), string(RestartNever)})
}

// oneOf checks a word that has to be one of a few.
func oneOf(m *mistakes, key, word string, words []string) {
	if slices.Contains(words, word) {
		return
	}
	if near, ok := Closest(word, words); ok {
		m.add(key, "%q is not known: did you mean %q?", word, near)
		return
	}
	m.add(key, "%q is not known: give %s", word, quoted(words))
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " or " + out[len(out)-1]
}
