package command

import (
	"errors"
	"strings"
	"testing"
)

// T7 of the table in docs/tests.md.
func TestNumbersOfEnginesThatCannotBeMeant(t *testing.T) {
	for _, c := range []struct {
		n, cores int
		over     bool
		want     int
		says     string
	}{
		{n: 1, cores: 2, want: 1},
		{n: 16, cores: 2, want: 16},
		{n: 64, cores: 1, want: 64},
		{n: 65, cores: 1, want: 64, says: "--n=65 is too many for 1 cores: starting 64 engines; --oversubscribe"},
		{n: 10_000, cores: 2, want: 64, says: "--n=10000 is too many for 2 cores: starting 64 engines; --oversubscribe"},
		{n: 4096, cores: 128, want: 4096},
		{n: 100, cores: 2, over: true, want: 100},
		{n: 10_000, cores: 2, over: true, want: -1, says: "one machine takes at most 4096 engines"},
		{n: 0, cores: 2, want: 2, says: "--n=0 stands for one engine per core: 2"},
		{n: -1, cores: 2, want: -1, says: "fewer than no engines"},
	} {
		e := engineCount{n: c.n, over: c.over}
		n, note, err := e.on(c.cores)
		if err != nil {
			n, note = -1, err.Error()
			if !errors.As(err, new(usageError)) {
				t.Errorf("%+v: the error is %T", c, err)
			}
		}
		if n != c.want || !strings.Contains(note, c.says) || c.says == "" && note != "" {
			t.Errorf("%+v: got %d, %q", c, n, note)
		}
	}
}
