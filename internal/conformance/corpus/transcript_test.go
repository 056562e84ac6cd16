package corpus

import (
	"reflect"
	"strings"
	"testing"
)

// What a session expects is compared, or refused: a misspelt section would be an expectation that nothing can miss.
func TestSectionsOfASession(t *testing.T) {
	got, err := sections("-- cell --\nx := 1\n-- cell --\nx\n-- out --\n1\n-- cell --\ny\n-- error --\nundefined\n")
	if want := []step{{cell: "x := 1\n"}, {cell: "x\n", out: "1\n"}, {cell: "y\n", err: "undefined\n"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for text, want := range map[string]string{
		"-- cell --\nx\n-- eror --\nundefined\n": `no sections "eror"`,
		"-- out --\n1\n-- cell --\nx\n":          `"out" is before the first cell`,
	} {
		if _, err := sections(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
