package session

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
)

func TestCloseEndsWhatRuns(t *testing.T) {
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := &record{seen: make(chan struct{}, 1)}
	ended := make(chan error, 1)
	go func() {
		_, err := s.Execute(t.Context(), gocode.Cell{N: 1, Name: "In[1]", Source: "fmt.Println(1)\nfor { }"}, out)
		ended <- err
	}()
	<-out.seen
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("the cell succeeded")
	}
	if _, err := s.Execute(t.Context(), gocode.Cell{N: 2, Name: "In[2]", Source: "1"}, out); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: got %v", err)
	}
}

func TestAStartThatFailsSaysWhy(t *testing.T) {
	if _, err := Start(t.Context(), Options{Dir: "/no/such/directory"}); err == nil || !strings.Contains(err.Error(), "/no/such/directory") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled start: got %v", err)
	}
}

func TestCodeMayCloseItsStreams(t *testing.T) { tiered(t, closeStreams) }

func closeStreams(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	nb.cell(`os.Stdout.Close(); os.Stderr.Close();`)
	if got := nb.cell(`40 + 2`); got != "42" {
		t.Errorf("got %q", got)
	}
}

func TestCodeMayEndItsGoroutine(t *testing.T) { tiered(t, endGoroutine) }

func endGoroutine(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	if got := nb.cell("fmt.Println(\"before\")\nruntime.Goexit()\nfmt.Println(\"after\")"); got != "before\n" {
		t.Errorf("got %q", got)
	}
	if got := nb.cell(`1`); got != "1" {
		t.Errorf("afterwards: got %q", got)
	}
}

func TestACellThatIsCancelledBeforeItsTurnDoesNotRun(t *testing.T) { tiered(t, cancelledBefore) }

func cancelledBefore(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	nb.cell(`ran := false`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := nb.run(ctx, `ran = true`); err == nil {
		t.Error("it succeeded")
	}
	if got := nb.cell(`ran`); got != "false" {
		t.Error("it ran")
	}
}

func TestPackagesThatAreNotThereAreRefused(t *testing.T) {
	nb := &notebook{t: t, s: start(t, Options{})}
	if e := nb.fails("import \"go/ast\"\nast.Print(nil, nil)"); !strings.Contains(e.Message, "go/ast is not available to interpreted code") {
		t.Errorf("got %v", e)
	}
	if got := nb.cell(`1`); got != "1" {
		t.Errorf("afterwards: got %q", got)
	}
}
