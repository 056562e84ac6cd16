// Package screen gives code in a unit's program that shows things, as in a cell, a screen: the host shows it for the task under way. A program is
// linked with it if anything in the program can show something.
package screen

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/internal/unit/worker"
)

// Use has what the process shows go to the host.
func Use() { host.Set(runtime{}) }

// screen is where things are shown.
type screen struct{}

// maxShown bounds what is shown as it is, and not as text.
const maxShown = 64 << 20

// Display displays data now.
func (screen) Display(d host.Data) {
	data, err := json.Marshal(d)
	if err != nil {
		d = host.Data{MIME: map[string]any{"text/plain": fmt.Sprintf("(cannot be displayed: %v)", err)}}
		data, _ = json.Marshal(d) // a text can be encoded
	}
	text := plain(d.MIME) + "\n"
	if len(data) > maxShown || worker.Display(text, data) != nil {
		fmt.Print(text)
	}
}

// plain is what is printed of data for who does not look at it.
func plain(mime map[string]any) string {
	if text, ok := mime["text/plain"].(string); ok {
		return text
	}
	return "[" + strings.Join(slices.Sorted(maps.Keys(mime)), ", ") + "]"
}

// Stdout prints to standard output.
func (screen) Stdout(text string) { _, _ = os.Stdout.WriteString(text) } // without a reader the process is about to end

// Stderr prints to standard error.
func (screen) Stderr(text string) { _, _ = os.Stderr.WriteString(text) }

// runtime serves code as a session's process does; there are no cells here, so some of it is never called.
type runtime struct{}

// Show displays data now.
func (runtime) Show(d host.Data) { screen{}.Display(d) }

// Here is the only screen there is.
func (runtime) Here() host.Screen { return screen{} }

// Clear does nothing: what was shown has been sent.
func (runtime) Clear(bool) {}

// Input fails.
func (runtime) Input(string, bool) (string, error) {
	return "", errors.New("code on an engine cannot ask for input")
}

// Comm fails.
func (runtime) Comm(host.CommMessage) error { return errors.New("code on an engine has no comms") }

// HasComms says so.
func (runtime) HasComms() bool { return false }

// Go runs f concurrently; a panic in it is reported.
func (runtime) Go(f func()) { worker.Go(f) }

// Bind returns f: nothing is shipped from here.
func (runtime) Bind(_ int, f any, _ func() []any) any { return f }

// Tie does nothing, either.
func (runtime) Tie(int, any, func() []any, bool) {}

// Display does nothing.
func (runtime) Display(string, []any) {}

// Pull does nothing.
func (runtime) Pull(string, any) {}

// Step does nothing.
func (runtime) Step(int) {}
