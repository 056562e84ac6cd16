package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ParseSettings reads a configuration file's text; file names it in errors, which tell every mistake with its line.
func ParseSettings(file string, text []byte) (Settings, error) {
	s := Defaults()
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	err := d.Decode(&s)
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		var all []error
		for i := range unknown.Errors {
			e := &unknown.Errors[i]
			line, _ := e.Position()
			all = append(all, fmt.Errorf("%s:%d: %s", file, line, unknownKey(e.Key())))
		}
		return Settings{}, errors.Join(all...)
	case errors.As(err, &wrong):
		line, col := wrong.Position()
		return Settings{}, fmt.Errorf("%s:%d:%d: %s%s", file, line, col, keyPrefix(wrong.Key()), strings.TrimPrefix(wrong.Error(), "toml: "))
	case err != nil:
		return Settings{}, fmt.Errorf("%s: %w", file, err)
	}
	return s, s.check(file, text)
}

func keyPrefix(key toml.Key) string {
	if len(key) == 0 {
		return ""
	}
	return strings.Join(key, ".") + ": "
}

// unknownKey says what is wrong with a key and what was probably meant.
func unknownKey(key toml.Key) string {
	t := reflect.TypeFor[Settings]()
	for i, part := range key {
		if t.Kind() == reflect.Map { // any name will do
			t = t.Elem()
			continue
		}
		names, next := fieldsOf(t)
		if sub, ok := next[part]; ok {
			t = sub
			continue
		}
		where := "there is no setting " + strings.Join(key[:i+1], ".")
		if near, ok := Closest(part, names); ok {
			return fmt.Sprintf("%s: did you mean %s?", where, strings.Join(append(append(toml.Key{}, key[:i]...), near), "."))
		}
		if len(names) == 0 {
			return where
		}
		return fmt.Sprintf("%s: there are %s", where, strings.Join(names, ", "))
	}
	return "there is no setting " + strings.Join(key, ".")
}

// fieldsOf lists a table's keys in order, with their types.
func fieldsOf(t reflect.Type) ([]string, map[string]reflect.Type) {
	var names []string
	types := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if name := f.Tag.Get("toml"); name != "" {
				names = append(names, name)
				types[name] = f.Type
			}
		}
	}
	return names, types
}

// lineOf returns the line on which a setting is given, 0 if it is not. Tables without any keys make each of those given
// an unknown one, and the library tells where it is.
func lineOf(text []byte, key string) int {
	var tables struct {
		Controller struct{} `toml:"controller"`
		Engines    struct{} `toml:"engines"`
		Sets       map[string]struct {
			Host map[string]struct{} `toml:"host"`
		} `toml:"sets"`
		SSH       struct{} `toml:"ssh"`
		Heartbeat struct{} `toml:"heartbeat"`
	}
	var all *toml.StrictMissingError
	if errors.As(toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&tables), &all) {
		for i := range all.Errors {
			at := strings.Join(all.Errors[i].Key(), ".")
			if at == key || strings.HasPrefix(at, key+".") {
				line, _ := all.Errors[i].Position()
				return line
			}
		}
	}
	return 0
}
