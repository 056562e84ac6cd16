package report

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew, with what the interpreted tier does")

func TestMain(m *testing.M) {
	session.Register(api.Exports)
	role.Dispatch()
	os.Exit(m.Run())
}

// output keeps what a cell prints.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	// running is closed when the cell has printed something.
	running chan struct{}
	once    sync.Once
	sources *Sources
	more    chan struct{}
}

func (o *output) write(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.WriteString(text)
	select {
	case o.more <- struct{}{}:
	default:
	}
	o.once.Do(func() { close(o.running) })
}

func (o *output) printed() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait waits until what goroutines of an ended cell print has come.
func (o *output) wait(t *testing.T, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for o.printed() != want && len(o.printed()) < len(want) {
		select {
		case <-o.more:
		case <-ctx.Done():
			return
		}
	}
}

func (o *output) Stdout(text string)                 { o.write(text) }
func (o *output) Stderr(text string)                 { o.write(text) }
func (o *output) Failed(e *session.CellError)        { o.write(Of(e, o.sources).Text(false) + "\n") }
func (o *output) Display(session.Data)               {}
func (o *output) Clear(bool)                         {}
func (o *output) Input(string, bool) (string, error) { return "", errors.New("nobody is there") }

// transcript is a session of several cells, as a file has it: each "-- cell --" with what it prints, and its error. A cell that is headed
// "-- interrupted cell --" is interrupted when it has printed something.
type transcript []*entry

type entry struct {
	head, cell, out, err string
}

func read(t *testing.T, file string) transcript {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tr transcript
	for _, part := range txtar.Parse(data).Files {
		text := string(part.Data)
		switch part.Name {
		case "cell", "interrupted cell":
			tr = append(tr, &entry{head: "-- " + part.Name + " --", cell: text})
		case "out":
			tr[len(tr)-1].out = text
		case "error":
			tr[len(tr)-1].err = text
		default:
			t.Fatalf("%s has a section %q", file, part.Name)
		}
	}
	return tr
}

func (tr transcript) String() string {
	var b strings.Builder
	for _, e := range tr {
		b.WriteString(e.head + "\n" + e.cell)
		if e.out != "" {
			b.WriteString("-- out --\n" + e.out)
		}
		if e.err != "" {
			b.WriteString("-- error --\n" + e.err)
		}
	}
	return b.String()
}

// play runs the cells in a session and returns the transcript of what happens.
func (tr transcript) play(t *testing.T, s *session.Session) transcript {
	t.Helper()
	var sources Sources
	var got transcript
	for i, e := range tr {
		at := gocode.Cell{N: i + 1, Name: fmt.Sprintf("In[%d]", i+1), Source: strings.TrimSuffix(e.cell, "\n"), Line: 1}
		sources.Add(at.Name, at.Line, at.Source)
		ctx, cancel := context.WithCancel(t.Context())
		out := &output{running: make(chan struct{}), more: make(chan struct{}, 1), sources: &sources}
		if e.head == "-- interrupted cell --" {
			go func() {
				select {
				case <-out.running:
					cancel()
				case <-ctx.Done():
				}
			}()
		}
		_, err := s.Execute(ctx, at, out)
		cancel()
		out.wait(t, e.out)
		now := &entry{head: e.head, cell: e.cell, out: out.printed()}
		if err != nil {
			now.err = Of(err, &sources).Text(false) + "\n"
		}
		got = append(got, now)
	}
	return got
}

// child builds the process of native sessions: a test's own executable is built in another way than plugins are.
var child = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "child")
	if out, err := exec.Command("go", "build", "-o", exe, "../session/testdata/child").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return exe, nil
})

// options are those of a session in a tier; the test is skipped where the tier is not available.
func options(t *testing.T, tier session.Tier) session.Options {
	t.Helper()
	o := session.Options{Tier: tier, Code: api.Code()}
	if tier != session.TierNative {
		return o
	}
	if runtime.GOOS == "windows" || testing.Short() {
		t.Skip("no plugins")
	}
	kit, err := native.Find(t.Context(), native.Options{})
	if err != nil {
		t.Skip("the native tier is not available here: ", err)
	}
	if err := kit.Close(); err != nil {
		t.Error(err)
	}
	if o.Executable, err = child(); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestTranscripts compares what people see of errors with transcripts that have been read by people. Both tiers say the same; where
// they cannot, the native tier has a file of its own.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	for _, tier := range []session.Tier{session.TierInterpreted, session.TierNative} {
		t.Run(string(tier), func(t *testing.T) {
			o := options(t, tier)
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { compare(t, o, file) })
			}
		})
	}
}

func compare(t *testing.T, o session.Options, file string) {
	s, err := session.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if own := strings.TrimSuffix(file, ".txt") + ".native"; o.Tier == session.TierNative {
		if _, err := os.Stat(own); err == nil {
			file = own
		}
	}
	want := read(t, file)
	got := want.play(t, s)
	if *rewrite && (o.Tier == session.TierInterpreted || strings.HasSuffix(file, ".native")) {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got.String() != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
