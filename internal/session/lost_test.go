package session

import (
	"strings"
	"testing"
)

func TestDeclarationsDoNotUseLostVariables(t *testing.T) { tiered(t, lostVariables) }

func lostVariables(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	const lost = "kept, whose value was lost when the session's process ended"
	for _, c := range []struct {
		src, want, refused string // what the cell gives, or what it is refused with
	}{
		{src: "kept := 41"},
		{src: "func next() int { return kept + 1 }\nfunc after() func() int { return func() int { return next() + 1 } }"},
		{src: "func pair[T any](x T) (T, int) { return x, kept }"},
		{src: "type reader struct{}\nfunc (reader) read() int { return after()() }\nfunc (reader) String() string { return fmt.Sprint(kept) }"},
		{src: "func idle() string { return \"idle\" }"},
		{src: "next()", want: "42"},
		{src: "os.Exit(3)", refused: "os.Exit(3) was called"},
		{src: "idle()", want: "idle"},
		{src: "next()", refused: "next uses " + lost},
		{src: "fmt.Println(after()())", refused: "after uses " + lost},
		{src: "pair(true)", refused: "pair uses " + lost},
		{src: "reader{}.read()", refused: "reader (with the methods of its types) uses " + lost},
		{src: "fmt.Println(reader{})", refused: "uses " + lost},
		{src: "func outer() int { return next() }\nouter()", refused: "outer uses " + lost},
		{src: "kept := next()", refused: "next uses " + lost},
		{src: "next(); kept := 6", refused: "next uses " + lost},
		{src: "kept := func() int { panic(\"boom\") }()", refused: "boom"},
		{src: "next()", refused: "next uses " + lost},
		{src: "kept", refused: "undefined: kept"},
		{src: "kept := 6"},
		{src: "next()", want: "7"},
		{src: "after()()", want: "8"},
		{src: "pair(true)", want: "(true, 6)"},
		{src: "reader{}.read()", want: "8"},
		{src: "reader{}", want: "6"},
		{src: "kept++; next()", want: "8"},
		{src: "p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}", refused: "killed by signal 9"},
		{src: "next()", refused: "next uses " + lost},
		{src: "kept := 2.5"},
		{src: "next()", refused: "undefined: next"},
		{src: "pair(true)", refused: "undefined: pair"},
		{src: "idle()", want: "idle"},
		{src: "func use() int { return early + never }\nearly := 1\nos.Exit(4)\nnever := 2", refused: "os.Exit(4) was called"},
		{src: "use()", refused: "use uses early"},
		{src: "early, never := 5, 6; use()", want: "11"},
		{src: "func plain() int { return unset }\npanic(\"boom\")\nunset := 1", refused: "boom"},
		{src: "plain()", refused: "plain uses unset, which was not defined: its cell failed before"},
		{src: "unset := 3\nplain()", want: "3"},
		// A cell that fails before it defines a variable with another type leaves no declaration bound to that.
		{src: "size := 7\nfunc text() string { return fmt.Sprint(size) }\nfunc whole() string { return text() + \"!\" }"},
		{src: "panic(\"boom\")\nsize := \"seven\"", refused: "boom"},
		{src: "size", want: "7"},
		{src: "text()", refused: "undefined: text"},
		{src: "whole()", refused: "undefined: whole"},
		{src: "func text() string { return fmt.Sprint(size) }\ntext()", want: "7"},
		{src: "panic(\"boom\")\nsize := 8", refused: "boom"},
		{src: "text()", want: "7"},
	} {
		if c.refused != "" {
			if e := nb.fails(c.src); !strings.Contains(e.Error(), c.refused) {
				t.Errorf("%s\ngot  %v\nwant %s", c.src, e, c.refused)
			}
		} else if got := nb.cell(c.src); got != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", c.src, got, c.want)
		}
	}
}

func TestDeclarationsDoNotUseVariablesThatAnotherTierHad(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell("type box struct{ n int }\nkept, in := 41, box{1}\nfunc next() int { return kept + in.n }")
	for _, to := range []Tier{TierInterpreted, TierNative, TierInterpreted} {
		if _, err := nb.s.SetTier(t.Context(), to); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		if e := nb.fails("next()"); !strings.Contains(e.Error(), "next uses kept, whose value was lost") {
			t.Errorf("%s: got %v", to, e)
		}
		if to == TierNative {
			continue // they stay lost over another change
		}
		nb.cell("kept, in := 6, box{2}")
		if got := nb.cell("next()"); got != "8" {
			t.Errorf("%s: got %q, want 8", to, got)
		}
	}
}
