package display

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"io"
	"os"

	"github.com/gocluster/gocluster/internal/render"
	"github.com/gocluster/gocluster/internal/session/host"
)

// The names of formats that package render does not make.
const (
	javaScript = "application/javascript"
	vegaLite   = "application/vnd.vegalite.v5+json"
	plotly     = "application/vnd.plotly.v1+json"
)

// out is where programs without a notebook print; nil is standard output as it is then.
var out io.Writer

// Show shows values, each as it is shown at the end of a cell: in the formats that it has, or as text.
func Show(values ...any) {
	for _, v := range values {
		send(render.Value(v, ""))
	}
}

// Text shows plain text.
func Text(text string) { MIME(map[string]any{render.TextPlain: text}) }

// HTML shows a piece of a web page.
func HTML(text string) { MIME(map[string]any{render.TextHTML: text}) }

// Markdown shows Markdown.
func Markdown(text string) { MIME(markdown(text)) }

// LaTeX shows mathematics, for example `$\sqrt{2}$`.
func LaTeX(text string) { MIME(map[string]any{render.TextLaTeX: text, render.TextPlain: text}) }

// SVG shows a drawing.
func SVG(text string) { MIME(map[string]any{render.ImageSVG: text}) }

// JavaScript runs a script in the browser.
func JavaScript(text string) { MIME(map[string]any{javaScript: text}) }

// PNG shows the bytes of a PNG file.
func PNG(data []byte) error { return try(pngBytes(data)) }

// JPEG shows the bytes of a JPEG file.
func JPEG(data []byte) error { return try(jpegBytes(data)) }

// Image shows a picture. A side longer than 2000 pixels is made shorter.
func Image(img image.Image) error { return try(picture(img)) }

// Table shows a table of a list of structs, maps or lists, of a map, or of a matrix as package gonum.org/v1/gonum/mat has them. Of a long
// one the first and the last rows are shown.
func Table(v any) error { return try(table(v)) }

// JSON shows a value as a tree that can be unfolded.
func JSON(v any) error { return try(tree(v)) }

// MIME shows one thing in several formats; the client chooses. The keys are MIME types. The values are texts, the bytes of pictures, and
// for JSON types what JSON is made of.
func MIME(bundle map[string]any) { send(host.Data{MIME: bundle}) }

// Clear removes what the cell has printed and shown so far.
func Clear() { clearOutput(false) }

// ClearLater removes it when there is something new to show, so that nothing flickers.
func ClearLater() { clearOutput(true) }

func clearOutput(wait bool) {
	if r := host.Current(); r != nil {
		r.Clear(wait)
	}
}

// ErrNoInput is the error of asking where there is nobody to ask.
var ErrNoInput = errors.New("there is no notebook or prompt to ask")

// Input asks the user for a line.
func Input(prompt string) (string, error) { return ask(prompt, false) }

// Password asks the user for a line that is not shown.
func Password(prompt string) (string, error) { return ask(prompt, true) }

func ask(prompt string, password bool) (string, error) {
	if r := host.Current(); r != nil {
		return r.Input(prompt, password)
	}
	return "", ErrNoInput
}

// try shows a bundle, if there is one and it is not too large.
func try(bundle map[string]any, err error) error {
	if err == nil {
		err = fits(bundle)
	}
	if err == nil {
		MIME(bundle)
	}
	return err
}

func fits(bundle map[string]any) error {
	if n := render.Size(bundle); n > render.MaxBundle {
		return render.TooLarge(n)
	}
	return nil
}

// send shows data, or prints its text where there is no notebook. Too much is not shown; the text says so.
func send(d host.Data) {
	if err := fits(d.MIME); err != nil {
		d.MIME = map[string]any{render.TextPlain: err.Error()}
	}
	d.MIME = wired(d.MIME)
	if r := host.Current(); r != nil {
		r.Show(d)
		return
	}
	if text, ok := d.MIME[render.TextPlain].(string); ok {
		w := out
		if w == nil {
			w = os.Stdout
		}
		fmt.Fprintln(w, text)
	}
}

// wired is a bundle as messages carry it: bytes in base64.
func wired(bundle map[string]any) map[string]any {
	w := make(map[string]any, len(bundle))
	for mime, v := range bundle {
		if b, ok := v.([]byte); ok {
			v = base64.StdEncoding.EncodeToString(b)
		}
		w[mime] = v
	}
	return w
}

func markdown(text string) map[string]any {
	return map[string]any{render.TextMarkdown: text, render.TextPlain: text}
}

func pngBytes(data []byte) (map[string]any, error) {
	return signed(render.ImagePNG, data, "\x89PNG\r\n\x1a\n")
}

func jpegBytes(data []byte) (map[string]any, error) {
	return signed(render.ImageJPEG, data, "\xff\xd8\xff")
}

// signed is a picture whose format shows in how it begins.
func signed(mime string, data []byte, signature string) (map[string]any, error) {
	if !bytes.HasPrefix(data, []byte(signature)) {
		return nil, fmt.Errorf("cannot show %d bytes as %s: they do not begin as such a file does", len(data), mime)
	}
	return map[string]any{mime: data, render.TextPlain: fmt.Sprintf("<%s of %d bytes>", mime, len(data))}, nil
}

func picture(img image.Image) (map[string]any, error) {
	if img == nil {
		return nil, errors.New("cannot show the image: it is nil")
	}
	data, err := render.PNG(img)
	if err != nil {
		return nil, fmt.Errorf("cannot show the image: %w", err)
	}
	size := img.Bounds().Size()
	return map[string]any{render.ImagePNG: data, render.TextPlain: fmt.Sprintf("<image of %d x %d>", size.X, size.Y)}, nil
}

func table(v any) (map[string]any, error) {
	page, plain, err := render.Table(v)
	if err != nil {
		return nil, fmt.Errorf("cannot show a table: %w", err)
	}
	return map[string]any{render.TextHTML: page, render.TextPlain: plain}, nil
}
