package render

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/gocluster/gocluster/internal/unit"
)

// FieldName is the name that the user wrote: the interpreter, whose struct types have no name, puts an X before names that are not
// exported.
func FieldName(t reflect.Type, f reflect.StructField) string {
	if rest := strings.TrimPrefix(f.Name, "X"); t.Name() == "" && rest != f.Name && rest != "" && (rest[0] >= 'a' && rest[0] <= 'z' || rest[0] == '_') {
		return rest
	}
	return f.Name
}

var (
	generation = regexp.MustCompile(`\b([\pL_][\pL\pN_]*?)__(\d+)\b`)
	mainName   = regexp.MustCompile(`\bmain\.([\pL_])`)
	anyName    = regexp.MustCompile(`\binterface \{\}`)
)

// TypeName is a type as the user writes it in a cell: the session's own types without package, and without the number that tells
// their generations apart.
func TypeName(t reflect.Type) string { return CleanNames(insides(t.String())) }

// insides leaves out what is in struct types as the interpreter makes them, which is not what the user wrote.
func insides(text string) string {
	const head = "struct { "
	from := strings.Index(text, head)
	if from < 0 || !strings.Contains(text, `json:\"-\"`) && !strings.Contains(text, "unsafe2.") {
		return text
	}
	depth := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[:from] + "struct{...}" + insides(text[i+1:])
			}
		}
	}
	return text
}

// CleanNames makes names of the session's types in a text into what the user called them.
func CleanNames(text string) string {
	text = anyName.ReplaceAllString(text, "any")
	return mainName.ReplaceAllString(generation.ReplaceAllString(text, "$1"), "$1")
}

// GoName is a type's name as %T prints it, without the number of its generation.
func GoName(t reflect.Type) string { return generation.ReplaceAllString(t.String(), "$1") }

// isMain reports whether a type was declared in a cell.
func isMain(t reflect.Type) bool { return t.PkgPath() == "main" }

// foreign reports whether a struct's insides are the business of somebody else's package.
func foreign(t reflect.Type) bool { return t.PkgPath() != "" && !isMain(t) }

// function describes a function by its type and by where it comes from. A typeText that is not empty is its type as it was written.
func function(v reflect.Value, typeText string) string {
	if !strings.HasPrefix(typeText, "func(") {
		typeText = TypeName(v.Type())
	}
	if from := origin(v); from != "" {
		return typeText + " (" + from + ")"
	}
	return typeText
}

// origin says which function a value is: its name, or where it was written; "" if that cannot be known.
func origin(v reflect.Value) string {
	if f := valueOf(v); f != nil {
		if u, ok := unit.Of(f); ok {
			return u.Unit.Name
		}
	}
	f := runtime.FuncForPC(v.Pointer())
	if f == nil {
		return ""
	}
	file, line := f.FileLine(v.Pointer())
	if strings.HasPrefix(file, "In[") {
		return fmt.Sprintf("%s:%d", file, line)
	}
	name := strings.TrimSuffix(path.Base(f.Name()), "-fm")
	if hiddenFunction.MatchString(name) {
		return ""
	}
	return name
}

// hiddenFunction matches names of functions that stand for others: those that reflect makes, and literals.
var hiddenFunction = regexp.MustCompile(`^reflect\.|^interp\.|\.func\d`)
