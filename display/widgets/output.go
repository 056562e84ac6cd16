package widgets

import (
	"encoding/base64"
	"slices"

	"github.com/gocluster/gocluster/internal/render"
)

// OutputWidget is an area that shows what it is given, as the area under a cell does. It is an io.Writer.
type OutputWidget struct{ Model }

// maxOutput is how many bytes of text an output keeps.
const maxOutput = 1 << 20

// Output makes an empty area.
func Output() *OutputWidget {
	w := new(OutputWidget)
	w.make(outputs, nil)
	return w
}

// Write adds text.
func (w *OutputWidget) Write(p []byte) (int, error) {
	w.edit(func(all []any) []any {
		text := string(p)
		if n := len(all); n > 0 {
			if last, ok := all[n-1].(map[string]any); ok && last["output_type"] == "stream" {
				text, all = last["text"].(string)+text, all[:n-1]
			}
		}
		if cut := len(text) - maxOutput; cut > 0 {
			text = text[cut:]
		}
		return append(all, map[string]any{"output_type": "stream", "name": "stdout", "text": text})
	})
	return len(p), nil
}

// Show adds a value, as it is shown at the end of a cell.
func (w *OutputWidget) Show(v any) {
	d := shown(v)
	w.edit(func(all []any) []any { return append(all, d) })
}

// Replace shows a value instead of all that has been shown.
func (w *OutputWidget) Replace(v any) {
	d := shown(v)
	w.edit(func([]any) []any { return []any{d} })
}

// shown is a value as notebooks keep what is displayed.
func shown(v any) map[string]any {
	data := map[string]any{}
	for mime, in := range render.Value(v, "").MIME {
		if b, ok := in.([]byte); ok {
			in = base64.StdEncoding.EncodeToString(b)
		}
		data[mime] = in
	}
	return map[string]any{"output_type": "display_data", "data": data, "metadata": map[string]any{}}
}

// Clear removes everything.
func (w *OutputWidget) Clear() { w.edit(func([]any) []any { return []any{} }) }

// edit changes what is shown.
func (w *OutputWidget) edit(f func([]any) []any) {
	w.mu.Lock()
	all, _ := w.state["outputs"].([]any)
	w.state["outputs"] = f(slices.Clone(all))
	w.mu.Unlock()
	w.push("outputs")
}
