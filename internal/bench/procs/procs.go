// Package procs tells which processes come from a process, and how much memory they have.
package procs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Descendants returns the kilobytes of memory of all processes that come from one, by id. What they share with others is counted in
// proportion, where the system tells.
func Descendants(of int) (map[int]int, error) {
	out, err := exec.Command("ps", "-eo", "pid=,ppid=,rss=,comm=").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	all := descendants(out, of)
	for pid, rss := range all {
		all[pid] = share(pid, rss)
	}
	return all, nil
}

// descendants reads a list of processes with their ids, parents, resident kilobytes and names.
func descendants(list []byte, of int) map[int]int {
	parent, rss := map[int]int{}, map[int]int{}
	lines := bufio.NewScanner(bytes.NewReader(list))
	for lines.Scan() {
		var pid, ppid, kb int
		var name string
		if _, err := fmt.Sscan(lines.Text(), &pid, &ppid, &kb, &name); err != nil || name == "ps" {
			continue
		}
		parent[pid], rss[pid] = ppid, kb
	}
	found := map[int]int{}
	for pid := range parent {
		for p := parent[pid]; p != 0; p = parent[p] {
			if p == of {
				found[pid] = rss[pid]
				break
			}
		}
	}
	return found
}

// share returns a process's kilobytes of memory, what it shares with others in proportion, where the system tells; else the resident ones.
func share(pid, resident int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return resident
	}
	for line := range strings.Lines(string(text)) {
		var kb int
		if _, err := fmt.Sscanf(line, "Pss: %d kB", &kb); err == nil {
			return kb
		}
	}
	return resident
}

// Kill ends processes at once; those that are gone do not matter.
func Kill(pids map[int]int) error {
	var failed []error
	for pid := range pids {
		p, err := os.FindProcess(pid)
		if err == nil {
			err = p.Kill()
		}
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			failed = append(failed, fmt.Errorf("process %d: %w", pid, err))
		}
	}
	return errors.Join(failed...)
}
