package session

import (
	"context"
	"strings"
	"testing"
)

// TestPanicsAreWhereTheyWerePastDeferredCalls has functions whose deferred calls are made in a loop.
func TestPanicsAreWhereTheyWerePastDeferredCalls(t *testing.T) {
	tiered(t, func(t *testing.T, open func(*testing.T, Options) *notebook) {
		const src = `func g() {
	var m map[string]int
	for range 2 { defer fmt.Println("g") }
	m["a"] = 1
}
func h() {
	for range 2 { defer fmt.Println("h") }
	g()
}
h()`
		_, _, err := open(t, Options{}).run(context.Background(), src)
		if err == nil {
			t.Fatal("no error")
		}
		lines := strings.Split(err.Error(), "\n")
		for i, want := range []string{"assignment to entry in nil map", "In[1]:4:", "In[1]:8:", "In[1]:10:"} {
			if i >= len(lines) || !strings.Contains(lines[i], want) {
				t.Errorf("line %d of the error lacks %q:\n%v", i, want, err)
			}
		}
	})
}
