package profiles

import (
	"fmt"
	"regexp"
	"strings"
)

// ParseSet reads the settings of one engine set, as they stand below [sets.NAME] in a configuration file.
func ParseSet(name, text string) (Set, error) {
	if !nameForm.MatchString(name) {
		return Set{}, fmt.Errorf("%q cannot name a set: use letters, digits, '-', '_' and '.', a letter or digit first", name)
	}
	table := fmt.Sprintf("sets.%q", name)
	text = "[" + table + "]\n" + subTable.ReplaceAllString(text, "["+table+".$1")
	s, err := ParseSettings(givenFile, []byte(text))
	if err != nil { // lines are those of a file that nobody has
		return Set{}, fmt.Errorf("%s", givenLine.ReplaceAllString(err.Error(), ""))
	}
	return s.EngineSets()[0], nil
}

// givenFile stands for a file where settings come without one.
const givenFile = "given"

var (
	subTable  = regexp.MustCompile(`(?m)^\s*\[\s*((?:host|env|resources)\b)`)
	givenLine = regexp.MustCompile(`(?m)^` + givenFile + `:\d+(:\d+)?: `)
)

// Set returns the engine set of a name as the configuration file has it now.
func (p *Profile) Set(name string) (Set, error) {
	now, err := load(p.Name, p.Dir)
	if err != nil {
		return Set{}, err
	}
	var names []string
	for _, set := range now.Settings.EngineSets() {
		if set.Name == name {
			return set, nil
		}
		if set.Name != "" {
			names = append(names, set.Name)
		}
	}
	why := fmt.Sprintf("there is no engine set %s in %s", name, p.ConfigFile())
	if near, ok := Closest(name, names); ok {
		return Set{}, fmt.Errorf("%s: did you mean %s?", why, near)
	}
	if len(names) > 0 {
		why += ", only " + strings.Join(names, ", ")
	}
	return Set{}, fmt.Errorf("%s: write [sets.%s] there, or say what it is: --where=ssh --hosts=alpha,beta", why, name)
}
