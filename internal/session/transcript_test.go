package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gocluster/gocluster/internal/gocode"
)

// step is a cell of a transcript: what it prints and shows, or a part of its error.
type step struct{ cell, out, err string }

// transcript reads "-- cell --" sections, each followed by "-- out --" or "-- error --".
func transcript(t *testing.T, file string) []step {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	for _, part := range txtar.Parse(data).Files {
		if part.Name == "cell" {
			steps = append(steps, step{})
		}
		st := &steps[len(steps)-1]
		switch part.Name {
		case "cell":
			st.cell = string(part.Data)
		case "out":
			st.out = string(part.Data)
		case "error":
			st.err = string(part.Data)
		default:
			t.Fatalf("%s has a section %q", file, part.Name)
		}
	}
	return steps
}

// TestTranscripts runs the front end's transcripts: what it plans must also be what happens.
func TestTranscripts(t *testing.T) { tiered(t, transcripts) }

func transcripts(t *testing.T, open func(*testing.T, Options) *notebook) {
	files, err := filepath.Glob("../gocode/testdata/sessions/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			if strings.HasSuffix(t.Name(), "native/refused") {
				t.Skip("it is what the interpreter refuses")
			}
			if strings.HasSuffix(t.Name(), "interpreted/compiled") {
				t.Skip("it is what only compiled cells do")
			}
			s := open(t, Options{}).s
			for n, st := range transcript(t, file) {
				out := &record{plain: true}
				cell := gocode.Cell{N: n + 1, Name: fmt.Sprintf("In[%d]", n+1), Source: strings.TrimSuffix(st.cell, "\n"), Line: 1}
				// A cell that was lowered into an endless loop is interrupted, and fails.
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				res, err := s.Execute(ctx, cell, out)
				cancel()
				var failed *CellError
				if errors.As(err, &failed) != (st.err != "") || err != nil && !strings.Contains(failed.Error(), strings.TrimSpace(st.err)) {
					t.Errorf("In[%d]\n%s-- got error --\n%v\n-- want error --\n%s", n+1, st.cell, err, st.err)
					continue
				}
				got := strings.TrimPrefix(out.String(), Preparing) // on a busy machine
				if err == nil && res.Value != nil {
					got += fmt.Sprintln(res.Value.MIME["text/plain"])
				}
				if err == nil && strings.TrimSpace(got) != strings.TrimSpace(st.out) {
					t.Errorf("In[%d]\n%s-- got --\n%s-- want --\n%s", n+1, st.cell, got, st.out)
				}
			}
		})
	}
}
