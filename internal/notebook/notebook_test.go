package notebook

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, n *Notebook) string {
	t.Helper()
	var b bytes.Buffer
	if err := n.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The file was written by Jupyter and then given keys that nobody knows, numbers in odd spellings and texts with
// escapes that need not be.
func TestAFileReadAndWrittenIsTheSameFile(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n, err := Parse(file, want)
		if err != nil {
			t.Fatal(err)
		}
		if got := write(t, n); got != string(want) {
			t.Errorf("%s changed:\n%s", file, got)
		}
	}
}

func TestReadCells(t *testing.T) {
	n, err := Read(strings.NewReader(`{"cells":[
		{"cell_type":"markdown","metadata":{},"source":"# Title"},
		{"cell_type":"code","metadata":{"tags":["raises-exception"]},"source":["x := 1\n","x"],"outputs":[],"execution_count":null},
		{"cell_type":"raw","metadata":{},"source":[]}],"nbformat":4,"nbformat_minor":2}`))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, c := range n.Cells {
		fmt.Fprintf(&got, "%s %q line %d raises %v\n", c.Kind, c.Source, c.Line, c.RaisesException())
	}
	want := "markdown \"# Title\" line 1 raises false\ncode \"x := 1\\nx\" line 1 raises true\nraw \"\" line 1 raises false\n"
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestBadNotebooksAreRefusedWithTheReason(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{`{"cells": [}`, "line 1, column 12"},
		{"{\n \"cells\": [],\n oops}", "line 3, column 2"},
		{`[]`, "not a notebook"},
		{`{}`, `no "nbformat"`},
		{`{"nbformat": 3, "worksheets": []}`, "format 3, this program reads format 4: convert it with"},
		{`{"nbformat": 4}`, `no "cells"`},
		{`{"nbformat": 4, "cells": [{"cell_type":"code","source":""},{"cell_type":"heading","source":""}]}`, `cell 2: cell_type is "heading"`},
		{`{"nbformat": 4, "cells": [{"cell_type":"code"}]}`, `cell 1: it has no "source"`},
		{`{"nbformat": 4, "cells": [{"cell_type":"code","source":7}]}`, "cell 1: source: want a text or a list of lines"},
	} {
		_, err := Parse("a.ipynb", []byte(tt.data))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got error %v, want one with %q", tt.data, err, tt.want)
		}
	}
}

func TestParseScript(t *testing.T) {
	const src = `#!/usr/bin/env gocluster

import "fmt"

// %% [markdown]
// # Title
//
//     code
// %% numbers

x := 1
// a comment
x

// %%
// %% [md]
/*
free text
*/
// %% last
// %%%
y := "// %%"`
	var got strings.Builder
	for _, c := range ParseScript(src).Cells {
		fmt.Fprintf(&got, "%d %s %q\n", c.Line, c.Kind, c.Source)
	}
	want := `3 code "import \"fmt\""
6 markdown "# Title\n\n    code"
11 code "x := 1\n// a comment\nx"
17 markdown "free text"
22 code "y := \"// %%\""
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestParseKnowsScriptsFromNotebooks(t *testing.T) {
	const ipynb = `{"cells":[],"nbformat":4}`
	for _, tt := range []struct {
		name, data string
		cells      int
	}{
		{"a.ipynb", ipynb, 0},
		{"-", ipynb, 0},
		{"-", "x := 1", 1},
		{"a.go", "{ x := 1 }", 1},
		{"-", "{ x := 1 }", 1},
		{"-", "", 0},
		{"a.go", "// %%\r\nx\r\n// %%\r\ny\r\n", 2},
	} {
		n, err := Parse(tt.name, []byte(tt.data))
		if err != nil {
			t.Errorf("%s %q: %v", tt.name, tt.data, err)
		} else if len(n.Cells) != tt.cells {
			t.Errorf("%s %q: got %d cells, want %d", tt.name, tt.data, len(n.Cells), tt.cells)
		}
	}
}
