//go:build unix

package magic

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

func TestCommands(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"!echo hello | tr a-z A-Z", "HELLO\n"},
		{"!pwd; echo $API_TOKEN", "DIR\nabc\n"},
		{"!echo oops >&2", "(oops)"},
		{"!exit 3", "ExitError: exit status 3"},
		{"!echo before\n!false\n!echo after", "before\nExitError: exit status 1"},
		{"!cat", ""},
		{"!kill -TERM $$", "ExitError: signal: terminated"},
		{"!printf 'h\\303\\244 \\344\\270'", "hä \uFFFD"},
		{"!cd /", "(!cd changes the directory of its own shell only; %cd changes the session's)"},
		{"!cd / && pwd", "/\n"},
		{"%%sh\necho one\necho two", "one\ntwo\n"},
		{"%%sh -e\nfalse\necho two", "ExitError: exit status 1"},
		{"%%sh\necho one\nexit 4", "one\nExitError: exit status 4"},
		{"x := 1\n!echo x\ny := `\n!no\n`", "In[3] go \"x := 1\\n\"\nx\nIn[3] go \"\\n\\ny := `\\n!no\\n`\"\n"},
	} {
		expect(t, record(t), tt.cell, tt.want)
	}
}

func TestANegatedVariableIsNoCommand(t *testing.T) {
	h := record(t)
	h.names = []gocode.Decl{{Name: "done", Kind: "var", Type: "bool"}}
	expect(t, h, "!done", "UsageError: !: it runs a command; as Go, write (!done) (usage: !COMMAND)")
}

func TestAScriptsLinesAreTheCells(t *testing.T) {
	got, err := record(t).run("%%bash\n\nnonesuch-command")
	if err == nil || !strings.Contains(got, "line 3:") {
		t.Errorf("got %s, %v", got, err)
	}
}

// hearing is an output that tells when something was printed.
type hearing struct {
	sink
	once  sync.Once
	heard chan struct{}
}

func (h *hearing) Stdout(string) { h.once.Do(func() { close(h.heard) }) }

type heard struct {
	*recording
	out *hearing
}

func (h heard) Output() session.Output { return h.out }

func TestAnInterruptEndsACommandWithItsChildren(t *testing.T) {
	for name, line := range map[string]string{
		"children":            "!sleep 1000 & sleep 1000 & echo begun; wait",
		"who ignores it":      "!trap '' INT; echo begun; sleep 1000; sleep 1000",
		"a script's children": "%%sh\nsleep 1000 & echo begun; wait",
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			h := heard{r, &hearing{sink: sink{r}, heard: make(chan struct{})}}
			ctx, interrupt := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- Run(ctx, h, gocode.Cell{N: 1, Name: "In[1]", Source: line, Line: 1}) }()
			<-h.out.heard
			interrupt()
			var cell *session.CellError
			if err := <-ended; !errors.As(err, &cell) || cell.EName != session.InterruptName {
				t.Errorf("got %v", err)
			}
		})
	}
}
