package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func show(entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%d/%d %s", e.Session, e.Line, e.Input)
		if e.Output != "" {
			fmt.Fprintf(&b, " = %s", e.Output)
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// run is one session with these inputs; "in=out" has an output.
func run(t *testing.T, dir string, inputs ...string) *Store {
	t.Helper()
	s := open(t, dir)
	for i, in := range inputs {
		in, out, _ := strings.Cut(in, "=")
		if err := s.Add(i+1, in); err != nil {
			t.Fatal(err)
		}
		if out != "" {
			if err := s.SetOutput(i+1, out); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

func TestHistory(t *testing.T) {
	dir := t.TempDir()
	for _, inputs := range [][]string{{"a", "1+1=2"}, {}, {"b", "1+1=2", "func f() {\n}"}} {
		if err := run(t, dir, inputs...).Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := run(t, dir, "c", "1+2=3")
	for _, tt := range []struct {
		name string
		got  []Entry
		want string
	}{
		{"tail of this session", s.Tail(1), "3/2 1+2 = 3"},
		{"tail over sessions", s.Tail(3), "2/3 func f() {\n}; 3/1 c; 3/2 1+2 = 3"},
		{"tail of more than there is", s.Tail(100), "1/1 a; 1/2 1+1 = 2; 2/1 b; 2/2 1+1 = 2; 2/3 func f() {\n}; 3/1 c; 3/2 1+2 = 3"},
		{"tail of none", s.Tail(0), ""},
		{"this session", s.Range(0, 1, 0), "3/1 c; 3/2 1+2 = 3"},
		{"stop is not included", s.Range(0, 1, 2), "3/1 c"},
		{"the session before", s.Range(-1, 2, 3), "2/2 1+1 = 2"},
		{"two sessions before", s.Range(-2, 0, 0), "1/1 a; 1/2 1+1 = 2"},
		{"a session by its number", s.Range(1, 0, 0), "1/1 a; 1/2 1+1 = 2"},
		{"no such session", s.Range(-9, 0, 0), ""},
		{"search", s.Search("1?*", 0, false), "1/2 1+1 = 2; 2/2 1+1 = 2; 3/2 1+2 = 3"},
		{"search the last", s.Search("1?*", 1, false), "3/2 1+2 = 3"},
		{"search unique", s.Search("1?*", 0, true), "2/2 1+1 = 2; 3/2 1+2 = 3"},
		{"search goes over lines", s.Search("func*}", 0, true), "2/3 func f() {\n}"},
		{"search wants the whole input", s.Search("1", 0, true), ""},
		{"search finds nothing", s.Search("z*", 0, true), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(tt.got); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		glob, text string
		want       bool
	}{
		{"*", "", true}, {"*", "a\nb", true}, {"a?c", "a.c", true}, {"a?c", "ac", false},
		{"a.c", "abc", false}, {"[ab]", "b", true}, {"[^ab]", "b", false}, {"[a-c]x", "bx", true},
		{"[]]", "]", true}, {"a[", "a[", true}, {"[z-a]", "[z-a]", true}, {`\d`, "1", false}, {"é?", "éü", true},
	} {
		if got := compile(tt.glob).MatchString(tt.text); got != tt.want {
			t.Errorf("%q fits %q: got %v, want %v", tt.text, tt.glob, got, tt.want)
		}
	}
}

func TestSessionsThatStartTogetherKeepApart(t *testing.T) {
	dir := t.TempDir()
	numbers := make([]int, 16)
	var wg sync.WaitGroup
	for i := range numbers {
		wg.Go(func() { numbers[i] = open(t, dir).Session() })
	}
	wg.Wait()
	seen := map[int]bool{}
	for _, n := range numbers {
		if seen[n] {
			t.Errorf("two sessions have the number %d", n)
		}
		seen[n] = true
	}
}

func TestALineCutShortIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	if err := run(t, dir, "a", "b").Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "000001.jsonl")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data[:len(data)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := show(open(t, dir).Tail(9)), "1/1 a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOldSessionsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	for i := range keep + 3 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.jsonl", i+1)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	numbers, err := sessions(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(numbers) != keep || s.Session() != keep+4 {
		t.Errorf("got %d sessions, this one number %d; want %d, %d", len(numbers), s.Session(), keep, keep+4)
	}
}
