package magic

import (
	"fmt"
	"slices"
	"strings"
)

// command is one magic.
type command struct {
	args, doc string
	// more is what help says besides: flags and examples.
	more string
	// line and cell are the forms that there are.
	line, cell bool
	// files tells that arguments are file names.
	files   bool
	prepare func(c call) (action, error)
}

// shellName is the name of the magic that a line is which begins with an exclamation mark.
const shellName = "!"

var commands map[string]command

func init() { // help refers to the table
	commands = map[string]command{
		shellName:   {line: true, files: true, args: "COMMAND", doc: "run a command in the session's directory and environment", more: shellHelp, prepare: prepareShell},
		"autopx":    {line: true, doc: "execute cells on the engines, or here again", more: autoPxHelp, prepare: prepareAutoPx},
		"bash":      {cell: true, args: "[-OPTIONS]", doc: "run the cell as a Bash script", more: scriptHelp, prepare: prepareScript},
		"bench":     {cell: true, args: "[-t DURATION] [-n N]", doc: "measure the cell: time and memory of one run of its code, or its Go benchmarks", more: benchHelp, prepare: prepareBench},
		"cd":        {line: true, files: true, args: "[DIR | -]", doc: "change the session's working directory", more: cdHelp, prepare: prepareCd},
		"cluster":   {line: true, args: "start [-n N] [--profile NAME] | stop [--profile NAME] | status | engines [--watch SECONDS] | list", doc: "start, watch and stop a cluster from here", more: clusterHelp, prepare: prepareCluster},
		"env":       {line: true, args: "[NAME | NAME=VALUE | -u NAME]", doc: "show, set and remove environment variables of the session", more: envHelp, prepare: prepareEnv},
		"get":       {line: true, args: "MODULE[@VERSION]...", doc: "make a module's packages importable in the session", more: getHelp, prepare: prepareGet},
		"help":      {line: true, args: "[MAGIC]", doc: "say what a magic does; without a name, what there is to know", prepare: prepareHelp},
		"load":      {line: true, files: true, args: "FILE", doc: "execute the cells of a Go file, a script or a notebook", more: loadHelp, prepare: prepareLoad},
		"lsmagic":   {line: true, doc: "list the magics", prepare: prepareList},
		"mod":       {line: true, files: true, args: "[save FILE | load FILE]", doc: "show, save and load the session's go.mod", more: modHelp, prepare: prepareMod},
		"native":    {cell: true, doc: "compile the cell, also where it could be evaluated without", more: nativeHelp, prepare: prepareNative},
		"px":        {line: true, cell: true, args: "[--targets SPEC] [--local] [--block | --noblock] [--out NAME] [--group-outputs HOW] [--progress-after SECONDS] [--profile NAME] GO", doc: "execute the line or the cell on the engines", more: pxHelp, prepare: preparePx},
		"pxconfig":  {line: true, args: "[--targets SPEC] [--block | --noblock] [--group-outputs HOW] [--progress-after SECONDS] [--profile NAME]", doc: "show or choose what holds for %px", more: pxConfigHelp, prepare: preparePxConfig},
		"pxresult":  {line: true, args: "[--targets SPEC] [--group-outputs HOW]", doc: "show what the latest %px came to", more: pxResultHelp, prepare: preparePxResult},
		"pwd":       {line: true, doc: "print the session's working directory", prepare: preparePwd},
		"reset":     {line: true, doc: "forget all variables, functions, types and imports of the session", prepare: prepareReset},
		"save":      {line: true, files: true, args: "[-f] FILE.go", doc: "save the session as a Go program", more: saveHelp, prepare: prepareSave},
		"sh":        {cell: true, args: "[-OPTIONS]", doc: "run the cell as a shell script", more: scriptHelp, prepare: prepareScript},
		"test":      {cell: true, args: "[-run REGEXP] [-bench REGEXP] [-count N] [-short] [-q]", doc: "run the cell's Go tests and benchmarks against the session", more: testHelp, prepare: prepareTest},
		"tier":      {line: true, args: "[auto | interpreted | native] [--force]", doc: "show or choose how cells run", more: tierHelp, prepare: prepareTier},
		"unit":      {line: true, args: "[--lowered] FUNCTION", doc: "show what engines run for a function", more: unitHelp, prepare: prepareUnit},
		"time":      {line: true, cell: true, args: "GO", doc: "execute the line (%time) or the cell (%%time) and print how long it took", more: timeHelp, prepare: prepareTime},
		"timeit":    {line: true, cell: true, args: "[-n N] [-r R] GO", doc: "measure a line or a cell by running it many times", more: timeitHelp, prepare: prepareTimeit},
		"who":       {line: true, args: "[PREFIX | KIND]", doc: "list the session's names with their types and values", more: whoHelp, prepare: prepareWho},
		"writefile": {cell: true, files: true, args: "[-a] FILE", doc: "write the cell's text to a file", more: writeHelp, prepare: prepareWrite},
	}
}

// Names are the magics' names, in order.
func Names() []string {
	names := make([]string, 0, len(commands))
	for name := range commands {
		if name != shellName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// lookup finds a call's magic, and checks its form.
func lookup(c call) (command, error) {
	m, ok := commands[c.name]
	switch {
	case !ok:
		return m, usage("unknown magic %s%s", c.sign(), suggestion(c))
	case c.cell && !m.cell:
		return m, usage("%%%%%s: this magic takes a line, not a cell: write %%%s", c.name, c.name)
	case !c.cell && !m.line:
		return m, usage("%%%s: this magic takes a cell, not a line: write %%%%%s in the cell's first line", c.name, c.name)
	case c.cell && c.late:
		return m, usage("%%%%%s: a cell magic stands in the cell's first line", c.name)
	case m.args == "" && c.args != "":
		return m, wrong(c, "it takes no arguments, got %q", c.args)
	}
	return m, nil
}

// wrong says that a magic is wrongly used, and how it is used.
func wrong(c call, format string, args ...any) error {
	return usage("%s: %s (usage: %s)", c.sign(), fmt.Sprintf(format, args...), synopsis(c.name, c.cell))
}

// synopsis is how a magic is written.
func synopsis(name string, cell bool) string {
	m := commands[name]
	switch {
	case name == shellName:
		return "!" + m.args
	case cell || !m.line:
		args := m.args
		if m.line && strings.HasSuffix(args, "GO") { // the cell is the Go
			args = strings.TrimSuffix(args, "GO")
		}
		return strings.TrimSpace("%%" + name + " " + args)
	}
	return strings.TrimSpace("%" + name + " " + m.args)
}

// suggestion names the magic that was meant, if one is near, and the list otherwise.
func suggestion(c call) string {
	best, at := "", 3*edit
	for _, name := range Names() {
		if d := distance(c.name, name); d < at && d < edit*len(name) {
			best, at = name, d
		}
	}
	if best == "" {
		return "; %lsmagic lists those that there are"
	}
	m := commands[best]
	return fmt.Sprintf("; did you mean %s?", call{name: best, cell: !m.line || c.cell && m.cell}.sign())
}

// What the slips of fingers cost: a letter changed, added or left out, and two exchanged, which is the likelier one.
const (
	edit     = 3
	exchange = 2
)

// distance is what the slips cost that lead from one name to another.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = edit * j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = edit * (i + 1)
		for j := range len(b) {
			cost := edit
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+edit, row[j]+edit)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+exchange)
			}
		}
	}
	return row[len(b)]
}
