package session

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestTheTierCanBeChanged(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell("type point struct{ X int }\nfunc (p point) Twice() int { return 2 * p.X }\nvar p = point{3}\nconst limit = 9")
	for _, to := range []Tier{TierInterpreted, TierNative} {
		lost, err := nb.s.SetTier(t.Context(), to)
		if err != nil || !slices.Equal(lost, []string{"p"}) {
			t.Fatalf("%s: lost %v, %v; want p", to, lost, err)
		}
		if tier, why := nb.s.Tier(); tier != to || why != string(to) {
			t.Errorf("got %v, %q, want %v", tier, why, to)
		}
		if e := nb.fails(`p`); !strings.Contains(e.Message, "undefined: p") {
			t.Errorf("%s: a lost variable: got %v", to, e)
		}
		if got := nb.cell("p := point{limit}\np.Twice()"); got != "18" {
			t.Errorf("%s: got %q, want 18", to, got)
		}
		if lost, err := nb.s.SetTier(t.Context(), to); err != nil || lost != nil {
			t.Errorf("%s again: lost %v, %v", to, lost, err)
		}
	}
	if _, err := nb.s.SetTier(t.Context(), "fast"); err == nil || !strings.Contains(err.Error(), `"fast"`) {
		t.Errorf("an unknown tier: got %v", err)
	}
}

func TestASessionSaysWhyItIsNotNative(t *testing.T) {
	s := start(t, Options{Tier: TierAuto, Env: []string{"PATH=/nowhere", "GOROOT="}})
	nb := &notebook{t: t, s: s}
	if got := nb.cell("for i := range 3 { fmt.Print(i) }"); got != "012" {
		t.Errorf("got %q", got)
	}
	tier, why := s.Tier()
	if tier != TierInterpreted || !strings.HasPrefix(why, "interpreted: ") || len(why) < len("interpreted: ")+10 {
		t.Errorf("got %v, %q", tier, why)
	}
	lost, err := s.SetTier(t.Context(), TierNative)
	var e *CellError
	if !errors.As(err, &e) || lost != nil || e.EName != "TierError" {
		t.Errorf("got %v, %v", lost, err)
	}
	if got := nb.cell(`1 + 1`); got != "2" {
		t.Errorf("afterwards: got %q", got)
	}
}

func TestACellCanAskForTheCompiler(t *testing.T) {
	nb := compiled(t, Options{})
	if _, err := nb.s.SetTier(t.Context(), TierInterpreted); err != nil {
		t.Fatal(err)
	}
	nb.cell(`func f() int { return 4 }`)
	ask := nb.at("f()")
	ask.Compile = true
	res, err := nb.s.Execute(t.Context(), ask, &record{})
	if err != nil || res.Tier != TierNative || res.Value == nil || res.Value.MIME["text/plain"] != "4" {
		t.Fatalf("got %+v, %v", res, err)
	}
	if _, err := nb.s.SetTier(t.Context(), TierInterpreted); err != nil {
		t.Fatal(err)
	}
	nb.cell(`x := 1`)
	_, err = nb.s.Execute(t.Context(), ask, &record{})
	if err == nil || !strings.Contains(err.Error(), "%tier native --force") || !strings.Contains(err.Error(), "loses x") {
		t.Errorf("got %v", err)
	}
}

func TestEveryCellTellsWhatItTook(t *testing.T) {
	nb := compiled(t, Options{})
	_, res, err := nb.run(t.Context(), "for range 10 { }")
	if err != nil {
		t.Fatal(err)
	}
	if res.Tier != TierNative || res.Compile <= 0 || res.Compile > res.Duration {
		t.Errorf("got %+v", res)
	}
}
