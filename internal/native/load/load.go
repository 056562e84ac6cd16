package load

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
)

// Plugins are what native.Kit.Build made of a cell.
type Plugins struct {
	Cell   string   // the file of the cell's plugin
	Path   string   // its plugin path: the same for the same source
	Deps   []string // plugins to open before, in this order: they initialise packages that the executable lacks
	Cached bool     // it was built before, here or by another process
	// Changed names the local packages whose files have changed since this session loaded them; it goes on with what it has.
	Changed []string
}

// StaleError says that the plugin and this executable disagree about a package: its source, its version or how it was built.
type StaleError struct {
	Package string
	File    string
}

const staleMark = "plugin was built with a different version of package "

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s%s: the executable, or a plugin loaded before, has another build of it; restart the session, and if this stays, build gocluster again from the sources it is run with",
		staleMark, e.Package)
}

// IsStale reports whether a message, possibly of another process, is that of a StaleError: what native.Kit knows about compiled
// packages is out of date, so native.Kit.Forget and one more try may help.
func IsStale(message string) bool { return strings.Contains(message, staleMark) }

// openMark begins the message about a plugin that the dynamic linker refuses.
const openMark = "opening a compiled cell: "

// IsUnfit reports whether a message, possibly of another process, says that a plugin cannot be opened there.
func IsUnfit(message string) bool { return IsStale(message) || strings.Contains(message, openMark) }

type opened struct {
	file      string
	load, run func()
}

var (
	mu   sync.Mutex
	done = map[string]opened{}
	deps = map[string]bool{}
)

// Open makes a cell's functions callable; run is nil if the cell has no statements. The same cell twice returns the same
// functions.
func Open(p Plugins) (load, run func(), err error) {
	mu.Lock()
	defer mu.Unlock()
	name := filepath.Base(p.Cell) // by content; the directory is a kit's
	if o, ok := done[p.Path]; ok {
		if o.file != name {
			return nil, nil, errors.New("a package that this cell imports has changed since the session loaded it: restart the session to use it as it is now")
		}
		return o.load, o.run, nil
	}
	for _, file := range p.Deps {
		if deps[filepath.Base(file)] {
			continue
		}
		if _, err := open(file); err != nil {
			return nil, nil, failed(file, err)
		}
		if err := unify(); err != nil {
			return nil, nil, failed(file, err)
		}
		deps[filepath.Base(file)] = true
	}
	find, err := open(p.Cell)
	if err != nil {
		return nil, nil, failed(p.Cell, err)
	}
	if err := unify(); err != nil {
		return nil, nil, failed(p.Cell, err)
	}
	thin(p.Path)
	o := opened{file: name, load: find("Load__"), run: find("Run__")}
	if o.load == nil {
		return nil, nil, fmt.Errorf("the plugin %s has no function Load__: it is no compiled cell", p.Cell)
	}
	done[p.Path] = o
	return o.load, o.run, nil
}

func failed(file string, err error) error {
	if _, name, ok := strings.Cut(err.Error(), staleMark); ok {
		name, _, _ = strings.Cut(name, " (")
		return &StaleError{Package: strings.TrimSpace(name), File: file}
	}
	return fmt.Errorf(openMark+"%w", err)
}
