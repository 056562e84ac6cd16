package machines

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// maxSlots bounds counts, so that one that is mistyped is noticed.
const maxSlots = 100_000

// Host is a line of a machinefile.
type Host struct {
	// Target is how ssh is told of the host ("bob@beta"), Name the host alone.
	Target, Name string
	// Slots is how many processes it takes at a time, and Max how many in all, 0 any number.
	Slots, Max int
	// File and Line are where it stands.
	File string
	Line int
}

// Error is what is wrong with a line.
type Error struct {
	File string
	Line int
	// Problem says what, and Do what helps.
	Problem, Do string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s; %s", e.File, e.Line, e.Problem, e.Do) }

// Read reads the machinefile at path. Its error has every line that is wrong.
func Read(path string) ([]Host, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("machinefile: %w", err)
	}
	defer f.Close()
	return Parse(path, f)
}

// Parse is Read of a text that errors call name.
func Parse(name string, r io.Reader) ([]Host, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("machinefile %s: %w", name, err)
	}
	var hosts []Host
	var errs []error
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		number++
		line, _, _ = strings.Cut(line, "#")
		h, err := parseLine(aroundEquals.ReplaceAllString(line, "="))
		var wrong *Error
		switch {
		case errors.As(err, &wrong):
			wrong.File, wrong.Line = name, number
			errs = append(errs, wrong)
		case h.Target != "":
			h.File, h.Line = name, number
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 && len(errs) == 0 {
		return nil, &Error{name, max(number, 1), "there is no host in the file", `write one on each line: "host", "host:4" or "host slots=4"`}
	}
	return hosts, errors.Join(errs...)
}

var (
	aroundEquals = regexp.MustCompile(`\s*=\s*`)
	// Nothing that ssh could take for an option is a host.
	hostForm = regexp.MustCompile(`^(?:([A-Za-z0-9_.+][A-Za-z0-9_.+-]*)@)?([A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9a-fA-F:.%a-z]+\])(?::(.*))?$`)
)

// parseLine reads a line without its comment. An empty one is no host.
func parseLine(line string) (Host, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return Host{}, nil
	}
	m := hostForm.FindStringSubmatch(words[0])
	if m == nil {
		return Host{}, &Error{Problem: fmt.Sprintf("%q is not a host", words[0]), Do: `write "host", "user@host", "host:4" or "[::1]:4"`}
	}
	h := Host{Name: strings.Trim(m[2], "[]")}
	if h.Target = h.Name; m[1] != "" {
		h.Target = m[1] + "@" + h.Name
	}
	if m[3] != "" || strings.HasSuffix(words[0], ":") {
		if err := h.set("the number after the colon", &h.Slots, m[3]); err != nil {
			return Host{}, err
		}
	}
	for _, word := range words[1:] {
		if err := h.option(word); err != nil {
			return Host{}, err
		}
	}
	if h.Slots == 0 {
		h.Slots = 1
	}
	if h.Max > 0 && h.Max < h.Slots {
		return Host{}, &Error{Problem: fmt.Sprintf("max_slots=%d is less than its %d slots", h.Max, h.Slots), Do: "change one of them"}
	}
	return h, nil
}

// option reads what stands after the host.
func (h *Host) option(word string) error {
	key, value, _ := strings.Cut(word, "=")
	switch strings.ReplaceAll(strings.ToLower(key), "-", "_") {
	case "slots", "cpus", "cpu", "count":
		return h.set(key, &h.Slots, value)
	case "max_slots", "slots_max":
		return h.set(key, &h.Max, value)
	case "binding", "ifname":
		return &Error{Problem: key + " is for MPI's own processes, which gocluster does not bind", Do: "leave it out"}
	}
	if _, err := strconv.Atoi(word); err == nil {
		return &Error{Problem: fmt.Sprintf("%q stands after the host", word), Do: fmt.Sprintf(`write "%s:%s" or "%s slots=%s"`, h.Target, word, h.Target, word)}
	}
	return &Error{Problem: fmt.Sprintf("%q is not known", word), Do: `after the host "slots=4" and "max_slots=8" may stand, and each host has a line of its own`}
}

// set sets a count that is not set yet.
func (h *Host) set(what string, count *int, text string) error {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 0 || n > maxSlots:
		return &Error{Problem: fmt.Sprintf("%s is %q", what, text), Do: fmt.Sprintf("it is how many processes the host takes, 1 to %d; a port belongs into ~/.ssh/config", maxSlots)}
	case n == 0:
		return &Error{Problem: what + " is 0", Do: "put a # before a host that is to take nothing"}
	case *count != 0:
		return &Error{Problem: "there are two counts of slots", Do: "leave one out"}
	}
	*count = n
	return nil
}

// Slots is how many processes the hosts take before the list is gone through again.
func Slots(hosts []Host) int {
	n := 0
	for _, h := range hosts {
		n += h.Slots
	}
	return n
}

// Place returns the hosts, by their indices, of n ranks in order; 0 is as many as there are slots.
func Place(hosts []Host, n int) ([]int, error) {
	if n < 0 || n > maxSlots {
		return nil, fmt.Errorf("-n %d: a program can have 1 to %d processes", n, maxSlots)
	}
	n = cmp.Or(n, Slots(hosts))
	used := make([]int, len(hosts))
	placed := make([]int, 0, n)
	for len(placed) < n {
		before := len(placed)
		for i, h := range hosts {
			most := math.MaxInt
			if h.Max > 0 {
				most = h.Max
			}
			take := min(h.Slots, most-used[i], n-len(placed))
			used[i] += take
			for range take {
				placed = append(placed, i)
			}
		}
		if len(placed) == before {
			return nil, fmt.Errorf("%d processes do not fit: by max_slots the hosts take %d; ask for no more, or add hosts", n, before)
		}
	}
	return placed, nil
}
