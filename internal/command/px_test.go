package command

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// onEngines runs a script on an embedded cluster.
func onEngines(t *testing.T, n, text string) outcome {
	t.Helper()
	home(t)
	file := filepath.Join(t.TempDir(), "script.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return gocluster(t, t.Context(), "", "run", "--n="+n, "--tier=interpreted", "--allow-errors", file)
}

// sorted are a text's lines in their order, where what engines do at the same time may come in any.
func sorted(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestCellsOnEngines(t *testing.T) {
	if testing.Short() {
		t.Skip("starts clusters")
	}
	for _, tt := range []struct {
		name, script string
		out          string // its lines, sorted
		err          string // a pattern
	}{
		{"values", "%px 6 * 7", "Out[0:1]: 42\nOut[1:1]: 42\nOut[2:1]: 42", ``},
		{"state stays on the engines", "%%px --targets 0,2\nx := 20\nfunc twice(n int) int { return 2 * n }\n// %%\n%px --targets ::2 twice(x) + 2\n// %%\n%px --targets 1 x\n", "Out[0:2]: 42\nOut[2:2]: 42",
			`\[engine 1\] compile error: undefined: x`},
		{"streams are marked", "%%px --targets 0:2\nimport \"os\"\nfmt.Println(\"out of\", os.Getenv(\"GOCLUSTER_ENGINE\"))\nfmt.Fprint(os.Stderr, \"err\")\n", "[stdout:0] out of 0\n[stdout:1] out of 1",
			`^\[stderr:[01]\] err\n\[stderr:[01]\] err\n$`},
		{"here, too", "%%px --local --targets 1\nv := 5\nv\n// %%\nv + 1\n", "5\n6\nOut[1:1]: 5", ``},
		{"the results as a variable", "%%px --out xs\nimport \"os\"\nos.Getenv(\"GOCLUSTER_ENGINE\")\n// %%\nstrings.Join(xs, \"+\")\n", "0+1+2\nOut[0:1]: 0\nOut[1:1]: 1\nOut[2:1]: 2", ``},
		{"results of several types", "%%px --out xs\nimport \"os\"\nvar v any = 1.5\nif os.Getenv(\"GOCLUSTER_ENGINE\") == \"1\" {\n\tv = \"a\"\n}\nv\n// %%\nfmt.Sprintf(\"%T %v\", xs, xs)\n",
			"Out[0:1]: 1.5\nOut[1:1]: a\nOut[2:1]: 1.5\n[]interface {} [1.5 a 1.5]", ``},
		{"no results", "%px --out xs x := 1\n", "", `has no value on engine 0: its last statement is no expression`},
		{"results that cannot leave", "%px --targets 0 --out xs make(chan int)\n", "Out[0:1]: chan int (unbuffered)", `the value on engine 0 cannot leave it: .*chan`},
		{"an error on one engine", "%%px\nimport \"os\"\n\nif os.Getenv(\"GOCLUSTER_ENGINE\") == \"1\" { panic(\"no\") }\n3\n", "Out[0:1]: 3\nOut[2:1]: 3",
			`^EngineError: \[engine 1\] panic: no\nscript\.txt, line 4\n`},
		{"the same error on all", "1\n// %%\n%%px\nx := 1\ny := nope + x\n", "1", `^CompositeError: 3 engines, 1 distinct\n\[engines 0-2\] compile error: undefined: nope\nscript\.txt, line 5\n`},
		{"no such engine", "%px --targets 7 1\n// %%\n%px --targets 7: 1\n", "", `there is no engine 7: there are engines 0-2\n(.|\n)*it selects none of \[0 1 2\]`},
		{"later", "%px --noblock --targets 0 time.Sleep(10 * time.Millisecond); 5\n// %%\n%pxresult\n%pxresult --targets 1\n",
			"%px: under way on engine 0; %pxresult shows what comes of it\nOut[0:1]: 5", ``},
		{"engine by engine", "%%px --group-outputs engine --targets 0:2\nfmt.Println(\"a\")\n5\n", "Out[0:1]: 5\nOut[1:1]: 5\n[stdout:0] a\n[stdout:1] a", ``},
		{"what engines display", "%%px --targets 1\ndisplay.Text(\"shown\")\ndisplay.HTML(\"<p>\")\n", "[output:1] <text/html>\n[output:1] shown", ``},
		{"defaults", "%pxconfig --targets 2\n%px 1\n", "Out[2:1]: 1", ``},
		{"always on engines", "%autopx\n// %%\nx := 3\nx\n// %%\n%autopx\nx\n", "Out[0:1]: 3\nOut[1:1]: 3\nOut[2:1]: 3\ncells are executed here again\ncells are executed on engines now, until the next %autopx", `undefined: x`},
		{"progress is for terminals", "%px --targets 0 --progress-after 0.05 time.Sleep(200 * time.Millisecond); 1\n", "Out[0:1]: 1", ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := onEngines(t, "3", tt.script)
			if out := sorted(got.out); out != tt.out || (tt.err == "") != (got.err == "") || !regexp.MustCompile(tt.err).MatchString(got.err) {
				t.Errorf("-- out --\n%s\n-- want --\n%s\n-- err --\n%s\n-- want --\n%s", out, tt.out, got.err, tt.err)
			}
		})
	}
}

func TestAnInterruptCancelsOnAllEngines(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	home(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	file := filepath.Join(t.TempDir(), "script.txt")
	if err := os.WriteFile(file, []byte("%%px\nfmt.Println(\"begun\")\nfor i := 0; ; i++ {\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs := &output{changed: make(chan struct{}, 1)}, &output{changed: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, "gocluster", []string{"run", "--n=2", "--tier=interpreted", file}, stdio{os.Stdin, out, errs})
	}()
	out.until(t, "[stdout:0] begun")
	out.until(t, "[stdout:1] begun")
	cancel() // as Ctrl-C does
	began := time.Now()
	errs.until(t, "%px: cancelled on engines 0-1\n")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the engines were idle after %v", took)
	}
	select {
	case status := <-ended:
		if status != exitFailed || !strings.Contains(errs.String(), "KeyboardInterrupt") {
			t.Errorf("status %d: %s", status, errs)
		}
	case <-time.After(patience):
		t.Fatal("run does not end")
	}
}

func TestAClusterIsStartedFromACell(t *testing.T) {
	if testing.Short() {
		t.Skip("starts clusters")
	}
	got := onEngines(t, "0", strings.Join([]string{
		"%px 1",
		"%cluster start -n 2",
		"client.MustConnect().IDs()",
		"%px os.Getpid() > 0",
		"%cluster start -n 2",
		"%cluster engines --watch 0.1",
		"%cluster list",
		"os.Exit(3)",
		"client.MustConnect().IDs()",
		"%cluster stop",
		"%cluster status",
		"_, err := client.Connect(context.Background(), client.Options{})\nerr != nil",
		"%cluster start -n 1",
		"%px 1",
	}, "\n// %%\n"))
	want := `^a cluster of 2 engines has started in .*\n\[0 1\]\nOut\[0:1\]: true\nOut\[1:1\]: true\nENGINE .*\n0 +idle .*\n1 +idle .*\nPROFILE +CLUSTER\n\(this session\) +running, 2 engines\n` +
		`(?:default .*\n)?\[0 1\]\nthe cluster has stopped\ntrue\na cluster of 1 engines has started in .*\nOut\[0:1\]: 1\n$`
	if !regexp.MustCompile(want).MatchString(got.out) {
		t.Errorf("got\n%s", got.out)
	}
	for _, want := range []string{"no cluster is running: `%cluster start -n 4`", "this session has a cluster of 2 engines already", "os.Exit(3) was called"} {
		if !strings.Contains(got.err, want) {
			t.Errorf("the errors lack %q:\n%s", want, got.err)
		}
	}
}
