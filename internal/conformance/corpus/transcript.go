package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"
)

// step is a cell of a transcript: what it prints and shows, or a part of its error.
type step struct{ cell, out, err string }

// transcripts reads the sessions of testdata. A file has several, each after a line "=== name", as sections "-- cell --", each
// followed by "-- out --", "-- error --", or nothing if it prints nothing.
func transcripts(o options) ([]item, []skip, error) {
	files, err := filepath.Glob(filepath.Join(o.testdir, "sessions", "*.txt"))
	if err != nil || len(files) == 0 {
		return nil, nil, fmt.Errorf("no sessions in %s: run this at the top of the repository (%w)", o.testdir, err)
	}
	var items []item
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		stem := strings.TrimSuffix(filepath.Base(file), ".txt")
		for _, part := range strings.Split("\n"+string(data), "\n=== ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			steps, err := sections(text)
			if err != nil {
				return nil, nil, fmt.Errorf("%s, session %s: %w", file, strings.TrimSpace(name), err)
			}
			items = append(items, session1(stem+"/"+strings.TrimSpace(name), steps))
		}
	}
	return items, nil, nil
}

func session1(name string, steps []step) item {
	it := item{group: "sessions", name: name, judge: func(got []happened) (outcome, string) { return follow(steps, got) }}
	for _, st := range steps {
		it.cells = append(it.cells, strings.TrimSuffix(st.cell, "\n"))
	}
	return it
}

func sections(text string) ([]step, error) {
	var steps []step
	for _, part := range txtar.Parse([]byte(text)).Files {
		if part.Name == "cell" {
			steps = append(steps, step{})
		}
		if len(steps) == 0 {
			return nil, fmt.Errorf("section %q is before the first cell", part.Name)
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
			return nil, fmt.Errorf("there are no sections %q: nothing would be compared with it", part.Name)
		}
	}
	return steps, nil
}

// follow compares a session with its transcript.
func follow(steps []step, got []happened) (outcome, string) {
	for i, h := range got {
		st, at := steps[i], fmt.Sprintf("In[%d]: ", i+1)
		switch want := strings.TrimSpace(st.err); {
		case h.timeout:
			return timedOut, at
		case h.err != nil && want == "":
			o, diff := failure(h.err)
			return o, at + diff
		case h.err != nil:
			if !strings.Contains(h.err.Error(), want) {
				if o, diff := failure(h.err); o == refused {
					return o, at + diff
				}
				return wrong, fmt.Sprintf("%swant the error %q, got %s", at, clip(want), oneLine(h.err))
			}
			continue
		case want != "":
			return wrong, fmt.Sprintf("%swant the error %q, got none", at, clip(want))
		}
		text := h.mixed + h.value
		if o, diff := compare(pair{"output", strings.TrimSpace(st.out), strings.TrimSpace(text)}); o != right {
			return o, at + diff
		}
	}
	return right, ""
}
