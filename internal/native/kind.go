package native

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// Kind names what executables a cell can be loaded by that was compiled for this one: those for the same platform that were built from the same
// sources in the same way. It begins with the platform, for people. The error says why this executable can load none.
func Kind() (string, error) {
	if err := platform(); err != nil {
		return "", err
	}
	x, err := inspect()
	if err != nil {
		return "", err
	}
	parts := slices.Concat([]string{ownFile(), x.version(), x.revision()}, x.args, x.tool, x.env)
	for _, d := range x.info.Deps {
		parts = append(parts, linkedModule(d))
	}
	return fmt.Sprintf("%s/%s %s %s", runtime.GOOS, runtime.GOARCH, strings.Fields(runtime.Version())[0], digest(parts...)[:16]), nil
}

func (x *executable) revision() string {
	for _, s := range x.info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

func linkedModule(d *debug.Module) string {
	if d.Replace != nil {
		d = d.Replace
	}
	return d.Path + "@" + d.Version + " " + d.Sum
}
