package unit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// silent are packages of whose functions none prints anything, nor reaches files, processes or the network: what they write to has to be given.
var silent = []string{
	"bufio", "bytes", "cmp", "compress/bzip2", "compress/flate", "compress/gzip", "compress/lzw", "compress/zlib", "container/heap", "container/list", "container/ring",
	"context", "crypto/aes", "crypto/cipher", "crypto/hmac", "crypto/md5", "crypto/sha1", "crypto/sha256", "crypto/sha3", "crypto/sha512",
	"encoding/base32", "encoding/base64", "encoding/binary", "encoding/csv", "encoding/gob", "encoding/hex", "encoding/json", "encoding/xml", "errors",
	"hash", "hash/adler32", "hash/crc32", "hash/crc64", "hash/fnv", "hash/maphash", "html", "image", "image/color", "image/color/palette", "image/draw", "image/gif",
	"image/jpeg", "image/png", "index/suffixarray", "io", "iter", "maps", "math", "math/big", "math/bits", "math/cmplx", "math/rand", "math/rand/v2", "net/netip", "net/url",
	"path", "reflect", "regexp", "regexp/syntax", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "text/scanner", "text/tabwriter", "text/template",
	"time", "unicode", "unicode/utf16", "unicode/utf8", "unique", "unsafe",
}

// Quiet reports whether the unit is known to print nothing as a program, and to do nothing else but to compute: it uses no package and no builtin
// function that could.
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
