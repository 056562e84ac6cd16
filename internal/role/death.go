package role

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
)

// lastWords are what a dying Go process prints, with what it means to people.
var lastWords = []struct {
	pattern *regexp.Regexp
	says    string
}{
	{regexp.MustCompile(`(?m)^(?:runtime: )?goroutine stack exceeds`), "stack overflow"},
	{regexp.MustCompile(`(?m)^fatal error: stack overflow`), "stack overflow"},
	{regexp.MustCompile(`(?m)^fatal error: (?:runtime: )?(?:cannot allocate memory|out of memory)`), "out of memory"},
	{regexp.MustCompile(`(?m)^(fatal error: .*)$`), "$1"},
	{regexp.MustCompile(`(?m)^(panic: .*)$`), "$1"},
	{regexp.MustCompile(`(?m)^(SIG[A-Z]+: .*)$`), "$1"},
}

// Death says, in a few words, why a process ended: state is what Wait found (nil if unknown), stderr the end of what it printed.
func Death(state *os.ProcessState, stderr string) string {
	for _, w := range lastWords {
		if m := w.pattern.FindStringSubmatchIndex(stderr); m != nil {
			return strings.TrimSpace(string(w.pattern.ExpandString(nil, w.says, stderr, m)))
		}
	}
	if state == nil {
		return "ended for an unknown reason"
	}
	if sig, ok := signalled(state); ok {
		if sig == syscall.SIGKILL {
			return "killed by signal 9 (by someone, or by the system for want of memory)"
		}
		return fmt.Sprintf("killed by signal %d (%s)", int(sig), sig)
	}
	return fmt.Sprintf("exit status %d", state.ExitCode())
}
