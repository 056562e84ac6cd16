package interp

import (
	"encoding"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"reflect"
)

// mapTypes tells which interfaces compiled functions look for in arguments of interface type: the interpreter wraps its own values
// accordingly. Functions that exports replace keep what the originals have.
func mapTypes(exports []Exports) map[reflect.Value][]reflect.Type {
	printed := []reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[fmt.Stringer]()}
	scanned := []reflect.Type{reflect.TypeFor[fmt.Scanner]()}
	text := reflect.TypeFor[encoding.TextMarshaler]()
	untext := reflect.TypeFor[encoding.TextUnmarshaler]()
	wanted := map[string]map[string][]reflect.Type{
		"fmt/fmt": {
			"Errorf": printed, "Fprint": printed, "Fprintf": printed, "Fprintln": printed, "Print": printed, "Printf": printed,
			"Println": printed, "Sprint": printed, "Sprintf": printed, "Sprintln": printed, "Scan": scanned, "Scanf": scanned, "Scanln": scanned,
		},
		"log/log": {
			"Fatal": printed, "Fatalf": printed, "Fatalln": printed, "Panic": printed, "Panicf": printed, "Panicln": printed,
			"Print": printed, "Printf": printed, "Println": printed,
		},
		"encoding/json/json": {"Marshal": {reflect.TypeFor[json.Marshaler](), text}, "Unmarshal": {reflect.TypeFor[json.Unmarshaler](), untext}},
		"encoding/xml/xml":   {"Marshal": {reflect.TypeFor[xml.Marshaler](), text}, "Unmarshal": {reflect.TypeFor[xml.Unmarshaler](), untext}},
	}
	m := map[reflect.Value][]reflect.Type{}
	for _, ex := range append([]Exports{standard()}, exports...) {
		for key, funcs := range wanted {
			for name, types := range funcs {
				if f, ok := ex[key][name]; ok {
					m[f] = types
				}
			}
		}
	}
	return m
}
