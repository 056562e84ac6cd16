package peers

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
)

//go:embed earlier.json
var earlier []byte

// Earlier are the results of the last full run whose figures were kept, by `make bench-peers`.
var Earlier = sync.OnceValues(func() (*Results, error) {
	r := &Results{}
	return r, json.Unmarshal(earlier, r)
})

// JSON writes the results to be kept.
func (r *Results) JSON() (string, error) {
	text, err := json.MarshalIndent(r, "", "\t")
	return string(text) + "\n", err
}

// Mark stands behind a figure that is not of this run.
const Mark = "(earlier)"

// Beside says what others reached: the best of those that do all of the work, and NATS. What this run has not measured is of an earlier
// one, and marked.
func Beside(f Figure, now, earlier *Results) string {
	var texts []string
	for _, among := range [][]string{Python, {NATS}} {
		mark := ""
		who, x, ok := now.Best(f, among)
		if !ok {
			mark = " " + Mark
			who, x, ok = earlier.Best(f, among)
		}
		if ok {
			texts = append(texts, who+" "+Text(f, x)+mark)
		}
	}
	return strings.Join(texts, "; ")
}
