package kernel

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/kernel/magic"
)

// The form of errors is tested where it is made, in package report; here, that the kernel uses it, with the sources of its cells.
func TestTracebacks(t *testing.T) {
	k := &kernel{}
	k.sources.Add("In[3]", 1, "fmt.Println(undefinedName)")
	for _, tt := range []struct {
		name      string
		err       error
		ename     string
		traceback string
	}{
		{"a compile error", &session.CellError{EName: session.CompileErrorName,
			Diagnostics: gocode.Diagnostics{{Message: "undefined: undefinedName", Position: unit.Position{File: "In[3]", Line: 1, Col: 13}, EndCol: 26}}}, "CompileError",
			"\x1b[0;31mCompileError\x1b[0m: undefined: undefinedName\n\x1b[0;32mCell In[3], line 1, column 13\x1b[0m\n" +
				"\x1b[0;31m----> \x1b[0m\x1b[1m1\x1b[0m\x1b[2m | \x1b[0m\x1b[1mfmt.Println(undefinedName)\x1b[0m\n\x1b[2m        | \x1b[0m            \x1b[0;31m^^^^^^^^^^^^^\x1b[0m"},
		{"a wrong magic", &magic.Error{Message: "unknown"}, "UsageError", "\x1b[0;31mUsageError\x1b[0m: unknown"},
		{"an interrupt", errInterrupted, "KeyboardInterrupt", "\x1b[0;31mKeyboardInterrupt\x1b[0m: interrupted"},
		{"a cancelled request", context.Canceled, "KeyboardInterrupt", "\x1b[0;31mKeyboardInterrupt\x1b[0m: interrupted"},
		{"anything else", errors.New("oh"), "Error", "\x1b[0;31mError\x1b[0m: oh"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := k.describe(tt.err)
			if text := strings.Join(got.Traceback, "\n"); got.EName != tt.ename || text != tt.traceback {
				t.Errorf("got %s\n%q\nwant %s\n%q", got.EName, text, tt.ename, tt.traceback)
			}
		})
	}
}
