// Package generic has the source of the standard library's generic packages, for code that cannot use their compiled form: a
// generic function has no symbol until it is used with types. Most of it is the library's own source, gathered by go generate;
// the patches replace what needs unsafe or runtime support, and send sorting to compiled code.
package generic

import (
	"embed"
	"path"
	"strings"
)

//go:generate go run ./gen

//go:embed src
var files embed.FS

// Sources returns the sources by import path.
func Sources() map[string]string {
	out := map[string]string{}
	entries, err := files.ReadDir("src")
	if err != nil {
		return out
	}
	for _, e := range entries {
		data, err := files.ReadFile(path.Join("src", e.Name()))
		if err == nil {
			out[strings.ReplaceAll(strings.TrimSuffix(e.Name(), ".go.txt"), "__", "/")] = string(data)
		}
	}
	return out
}
