package unit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// silent are packages of whose functions none prints anything.
var silent = []string{
	"bytes", "cmp", "container/heap", "container/list", "container/ring", "context", "crypto/md5", "crypto/sha1", "crypto/sha256", "crypto/sha512",
	"encoding/base64", "encoding/binary", "encoding/hex", "encoding/json", "errors", "hash", "hash/crc32", "hash/fnv", "hash/maphash", "html", "iter",
	"maps", "math", "math/big", "math/bits", "math/cmplx", "math/rand", "math/rand/v2", "reflect", "regexp", "slices", "sort", "strconv", "strings",
	"sync", "sync/atomic", "text/template", "time", "unicode", "unicode/utf16", "unicode/utf8", "unsafe",
}

// Quiet reports whether the unit is known to print nothing as a program: it uses no package and no builtin function that could.
func (u *Unit) Quiet() bool {
	f, err := parser.ParseFile(token.NewFileSet(), "unit.go", u.Main, parser.SkipObjectResolution)
	if err != nil || u.Main == "" {
		return false
	}
	texts := "" // what fmt is called
	for _, im := range f.Imports {
		path := strings.Trim(im.Path.Value, `"`)
		switch {
		case path == "fmt":
			if texts = "fmt"; im.Name != nil {
				texts = im.Name.Name
			}
		case slices.Contains(silent, path) || strings.HasSuffix(path, "/internal/unit/worker"):
		default:
			return false
		}
	}
	quiet := texts != "."
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == texts && !makesText(n.Sel.Name) {
				quiet = false
			}
		case *ast.Ident:
			quiet = quiet && n.Name != "print" && n.Name != "println"
		}
		return quiet
	})
	return quiet
}

// makesText reports whether a name of package fmt is one that prints nothing.
func makesText(name string) bool {
	for _, prefix := range []string{"Sprint", "Errorf", "Append", "Sscan", "Fprint", "Stringer", "Formatter", "State"} {
		if strings.HasPrefix(name, prefix) {
			return true // Fprint needs a writer, and no package here has one that prints
		}
	}
	return false
}
