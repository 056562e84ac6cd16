package render

import (
	"fmt"
	"image"
	"maps"
	"reflect"

	"github.com/gocluster/gocluster/internal/session/host"
)

// The names of the formats.
const (
	TextPlain    = "text/plain"
	TextHTML     = "text/html"
	TextMarkdown = "text/markdown"
	TextLaTeX    = "text/latex"
	ImageSVG     = "image/svg+xml"
	ImagePNG     = "image/png"
	ImageJPEG    = "image/jpeg"
	JSON         = "application/json"
)

// MaxBundle is how many bytes one thing that is shown may have in all its formats: browsers and notebook files suffer from more.
const MaxBundle = 32 << 20

// Value is a value in all the formats it has. The typeText is its type as it was written, "" if that is not known.
func Value(v any, typeText string) host.Data {
	rv := reachable(inside(reflect.ValueOf(&v).Elem()))
	v = valueOf(rv)
	d := host.Data{MIME: map[string]any{}}
	var trouble string
	if v != nil {
		d, trouble = methods(rv, v)
		if len(d.MIME) == 0 {
			shapes(rv, v, typeText, d.MIME)
		}
	}
	if d.MIME[TextPlain] == nil {
		d.MIME[TextPlain] = plain(rv, d, typeText) + trouble
	}
	return bounded(d)
}

// plain is the text of a value that has the formats of d besides.
func plain(v reflect.Value, d host.Data, typeText string) string {
	if len(d.MIME) == 0 || prints(v) {
		return text(v, typeText, MaxText)
	}
	if text, ok := d.MIME[TextMarkdown].(string); ok {
		return text
	}
	if text, ok := d.MIME[TextLaTeX].(string); ok {
		return text
	}
	if typeText == "" || typeText == "any" {
		typeText = TypeName(v.Type())
	}
	return "<" + typeText + ">"
}

func prints(v reflect.Value) bool {
	switch valueOf(v).(type) {
	case error, fmt.Stringer, fmt.Formatter:
		return true
	}
	return false
}

// bounded replaces what is too large to be shown by a text that says so.
func bounded(d host.Data) host.Data {
	n := Size(d.MIME)
	if n <= MaxBundle {
		return d
	}
	d.MIME = map[string]any{TextPlain: TooLarge(n).Error()}
	return d
}

// TooLarge is the error of showing n bytes.
func TooLarge(n int) error {
	return fmt.Errorf("what is to be shown has %d MB, more than the %d MB that a notebook can take: show less, or write it to a file", n>>20, MaxBundle>>20)
}

// Size is about the number of bytes of a bundle.
func Size(mime map[string]any) int { return size(reflect.ValueOf(mime), 0) }

func size(v reflect.Value, depth int) int {
	switch {
	case !v.IsValid() || depth > 100:
		return 4
	case v.Kind() == reflect.Interface:
		return size(v.Elem(), depth+1)
	case v.Kind() == reflect.String || v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return v.Len()
	case v.Kind() == reflect.Slice:
		n := 0
		for i := range v.Len() {
			n += size(v.Index(i), depth+1)
		}
		return n
	case v.Kind() == reflect.Map:
		n := 0
		for it := v.MapRange(); it.Next(); {
			n += size(it.Key(), depth+1) + size(it.Value(), depth+1)
		}
		return n
	}
	return 8
}

// methods asks a value for the formats that it gives itself. What goes wrong is told as a text.
func methods(rv reflect.Value, v any) (d host.Data, trouble string) {
	d.MIME = map[string]any{}
	if rv.Kind() != reflect.Pointer && rv.Kind() != reflect.Interface {
		defer func() { // once more for what only the pointer has
			if len(d.MIME) == 0 && trouble == "" && reflect.PointerTo(rv.Type()).NumMethod() > rv.NumMethod() {
				c := reflect.New(rv.Type())
				c.Elem().Set(rv)
				d, trouble = methods(c, c.Interface())
			}
		}()
	}
	if rv.Kind() == reflect.Pointer && rv.IsNil() {
		return d, ""
	}
	try := func(name string, f func() error) {
		if err := safely(f); err != nil {
			trouble += fmt.Sprintf("\n(its method %s failed: %v)", name, err)
		}
	}
	if s, ok := v.(host.Shown); ok {
		try("CellData", func() error { d = s.CellData(); return nil })
	}
	if d.MIME == nil {
		d.MIME = map[string]any{}
	}
	if len(d.MIME) == 0 {
		formats(byName(v), d.MIME, try)
	}
	return d, trouble
}

// byName are the methods of a value that give formats.
func byName(v any) map[string]any {
	m := map[string]any{}
	if s, ok := v.(interface{ MIMEBundle() map[string]any }); ok {
		m["MIMEBundle"] = s.MIMEBundle
	}
	if s, ok := v.(interface{ HTML() string }); ok {
		m["HTML"] = s.HTML
	}
	if s, ok := v.(interface{ Markdown() string }); ok {
		m["Markdown"] = s.Markdown
	}
	if s, ok := v.(interface{ LaTeX() string }); ok {
		m["LaTeX"] = s.LaTeX
	}
	if s, ok := v.(interface{ SVG() string }); ok {
		m["SVG"] = s.SVG
	}
	if s, ok := v.(interface{ PNG() ([]byte, error) }); ok {
		m["PNG"] = s.PNG
	}
	if s, ok := v.(interface{ JPEG() ([]byte, error) }); ok {
		m["JPEG"] = s.JPEG
	}
	return m
}

// gives are the formats that methods give; the first gives any, and if it gives some the others are not asked.
var gives = []struct{ name, format string }{
	{"MIMEBundle", ""}, {"HTML", TextHTML}, {"Markdown", TextMarkdown}, {"LaTeX", TextLaTeX}, {"SVG", ImageSVG}, {"PNG", ImagePNG}, {"JPEG", ImageJPEG},
}

// formats calls the methods that there are.
func formats(methods map[string]any, mime map[string]any, try func(string, func() error)) {
	for _, g := range gives {
		method := methods[g.name]
		if method == nil {
			continue
		}
		try(g.name, func() (err error) {
			switch f := valueOf(inside(reflect.ValueOf(&method).Elem())).(type) {
			case func() map[string]any:
				maps.Copy(mime, f())
			case func() string:
				mime[g.format] = f()
			case func() ([]byte, error):
				var b []byte
				if b, err = f(); err == nil {
					mime[g.format] = b
				}
			}
			return err
		})
		if g.format == "" && len(mime) > 0 {
			return
		}
	}
}

// safely makes an error of a panic.
func safely(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return f()
}

// shapes finds formats for values that do not give any themselves, by what they look like.
func shapes(rv reflect.Value, v any, typeText string, mime map[string]any) {
	// What a strange value does wrong is no reason to not show its text.
	_ = safely(func() error {
		switch x := v.(type) {
		case image.Image:
			return picture(x, mime)
		case matrix:
			matrixFormats(x, mime)
			return nil
		}
		if plot(rv, mime) || prints(rv) {
			return nil
		}
		if g := gridOf(rv, htmlTable); g != nil {
			mime[TextHTML], mime[TextPlain] = g.html(), text(rv, typeText, MaxText)
		}
		return nil
	})
}
