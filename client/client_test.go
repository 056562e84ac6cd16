package client

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/views"
)

func TestSlices(t *testing.T) {
	ids := []int{0, 1, 2, 5, 7} // 3, 4 and 6 are gone
	for _, c := range []struct {
		spec string
		want []int
	}{
		{"::2", []int{0, 2, 7}},
		{"1:3", []int{1, 2}},
		{":2", []int{0, 1}},
		{"-2:", []int{5, 7}},
		{"::-1", []int{7, 5, 2, 1, 0}},
		{"3:0:-2", []int{5, 1}},
		{":100", []int{0, 1, 2, 5, 7}},
		{"0,2", []int{0, 2}},
		{"5", []int{5}},
		{"-1", []int{7}},
		{" 0 , ::4 ", []int{0, 0, 7}},
	} {
		if got, err := slice(c.spec, ids); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: got %v, %v; want %v", c.spec, got, err, c.want)
		}
	}
	for spec, want := range map[string]string{
		"x":       `engines "x": "x" is no number; write ids (0,2), a slice (::2) or all`,
		"1:x":     `"x" is no number`,
		"1:2:3:4": "more than two colons",
		"::0":     "the step of \"::0\" cannot be 0",
		"9:":      "it selects none of [0 1 2 5 7]",
		"-6":      "there is no engine -6, counted from the end, among 5 engines",
	} {
		if got, err := slice(spec, ids); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, %v; want %q", spec, got, err, want)
		}
	}
	if _, err := slice("9:", ids); !errors.Is(err, views.ErrNoEngine) {
		t.Errorf("got %v, want ErrNoEngine", err)
	}
}

func TestStatusIsATable(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.Local)
	got := newStatus(&proto.Status{Cluster: "lab", PID: 7, Started: at, Clients: 1,
		Engines: []proto.EngineStatus{
			{ID: 0, State: proto.EngineIdle, Info: proto.HostInfo{Host: "here", PID: 8, Cores: 2}, PID: 9, Memory: 50 << 20, TasksDone: 3},
			{ID: 1, State: proto.EngineLost, Info: proto.HostInfo{Host: "here", Cores: 2}, Restarts: 2, LastDeath: "killed by signal 9"},
		},
		Jobs: []proto.JobStatus{{State: proto.JobRunning, Func: "factor", Total: 8, Done: 5}},
	}).String()
	want := `cluster lab: controller pid 7, started 2026-11-21 10:00:00, engines: 2, clients: 1
ENGINE  HOST  PID  CORES  MEMORY  STATE  TASKS DONE  RESTARTS  LAST DEATH
0       here  9    2      50 MB   idle   3           0         
1       here  0    2      -       lost   0           2         killed by signal 9
JOB       FUNCTION  LABEL  STATE    DONE  FAILED  RETRIED  WAITING
00000000  factor           running  5/8   0       0`
	if got = trimLines(got); got != trimLines(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func trimLines(text string) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.Join(lines, "\n")
}

func TestLossesArePrinted(t *testing.T) {
	var b strings.Builder
	print := printTo(&b)
	for _, e := range []proto.Event{
		{Kind: proto.EventEngineUp, Text: "Engine 1 is there."},
		{Kind: proto.EventEngineDown, Text: "Engine 1 was lost."},
		{Kind: proto.EventTaskRetried, Text: "A task runs again."},
		{Kind: proto.EventHostLost, Text: "The host was lost."},
	} {
		print(newEvent(e))
	}
	if want := "Engine 1 was lost.\nThe host was lost.\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestNothingToConnectTo(t *testing.T) {
	t.Setenv("GOCLUSTER_DIR", t.TempDir())
	t.Setenv("GOCLUSTER_CONNECTION", "")
	_, err := Connect(t.Context(), Options{})
	if !errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), "gocluster start") {
		t.Errorf("the default profile: got %v", err)
	}
	_, err = Connect(t.Context(), Options{ConnectionFile: filepath.Join(t.TempDir(), "client.json")})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a connection file: got %v", err)
	}
	t.Setenv("GOCLUSTER_CONNECTION", "/does/not/exist.json")
	if _, err = Connect(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "GOCLUSTER_CONNECTION") {
		t.Errorf("the environment's: got %v", err)
	}
}
