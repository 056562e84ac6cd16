// Package display shows things in a notebook, beside what a cell prints and the value of its last expression: formatted text,
// pictures, anything with a MIME type. In cells it is imported by use.
//
//	display.Markdown("**42** is *the* answer")
//	display.Image(img)
//
//	var bar display.Area // shown once, then changed in place
//	for i := range 10 {
//		bar.Text(strings.Repeat("#", i+1))
//	}
//
// In a program, where there is no notebook, what has a text is printed.
package display

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"sync"

	"github.com/gocluster/gocluster/internal/session/host"
)

// The names of the formats that clients show.
const (
	textPlain    = "text/plain"
	textHTML     = "text/html"
	textMarkdown = "text/markdown"
	textLatex    = "text/latex"
	imageSVG     = "image/svg+xml"
	imagePNG     = "image/png"
	imageJPEG    = "image/jpeg"
	javaScript   = "application/javascript"
	jsonData     = "application/json"
)

// out is where programs without a notebook print.
var out io.Writer = os.Stdout

// Text shows plain text.
func Text(text string) { MIME(map[string]any{textPlain: text}) }

// HTML shows a piece of a web page.
func HTML(text string) { MIME(map[string]any{textHTML: text}) }

// Markdown shows Markdown.
func Markdown(text string) { MIME(map[string]any{textMarkdown: text, textPlain: text}) }

// Latex shows mathematics, for example `$\sqrt{2}$`.
func Latex(text string) { MIME(map[string]any{textLatex: text, textPlain: text}) }

// SVG shows a drawing.
func SVG(text string) { MIME(map[string]any{imageSVG: text}) }

// JavaScript runs a script in the browser.
func JavaScript(text string) { MIME(map[string]any{javaScript: text}) }

// PNG shows the bytes of a PNG file.
func PNG(data []byte) { MIME(picture(imagePNG, data)) }

// JPEG shows the bytes of a JPEG file.
func JPEG(data []byte) { MIME(picture(imageJPEG, data)) }

// Image shows a picture.
func Image(img image.Image) error {
	bundle, err := encoded(img)
	if err == nil {
		MIME(bundle)
	}
	return err
}

// JSON shows a value as a tree that can be unfolded.
func JSON(v any) error {
	bundle, err := tree(v)
	if err == nil {
		MIME(bundle)
	}
	return err
}

// MIME shows one thing in several formats; the client chooses. The keys are MIME types. The values are texts, in base64
// for pictures, and for JSON types what JSON is made of.
func MIME(bundle map[string]any) { show(host.Data{MIME: bundle}) }

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

// Area is a place in the notebook that can be changed after it has been shown, also by a goroutine or another cell. The zero Area is
// ready: the first thing that it is given is shown where the cell is, what follows takes its place.
type Area struct {
	mu sync.Mutex
	id string
}

// Text shows plain text in the area.
func (a *Area) Text(text string) { a.MIME(map[string]any{textPlain: text}) }

// HTML shows a piece of a web page in the area.
func (a *Area) HTML(text string) { a.MIME(map[string]any{textHTML: text}) }

// Markdown shows Markdown in the area.
func (a *Area) Markdown(text string) { a.MIME(map[string]any{textMarkdown: text, textPlain: text}) }

// SVG shows a drawing in the area.
func (a *Area) SVG(text string) { a.MIME(map[string]any{imageSVG: text}) }

// Image shows a picture in the area.
func (a *Area) Image(img image.Image) error {
	bundle, err := encoded(img)
	if err == nil {
		a.MIME(bundle)
	}
	return err
}

// MIME shows one thing in several formats in the area, as the function MIME does.
func (a *Area) MIME(bundle map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	update := a.id != ""
	if !update {
		a.id = rand.Text()
	}
	show(host.Data{MIME: bundle, ID: a.id, Update: update})
}

func show(d host.Data) {
	if r := host.Current(); r != nil {
		r.Show(d)
		return
	}
	if text, ok := d.MIME[textPlain].(string); ok {
		fmt.Fprintln(out, text)
	}
}

func picture(mime string, data []byte) map[string]any {
	return map[string]any{mime: base64.StdEncoding.EncodeToString(data)}
}

func encoded(img image.Image) (map[string]any, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("cannot show the image: %w", err)
	}
	return picture(imagePNG, b.Bytes()), nil
}

// tree is v as what JSON is made of, which travels as it is.
func tree(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("cannot show the value as JSON: %w", err)
	}
	var parts any
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, fmt.Errorf("cannot show the value as JSON: %w", err)
	}
	return map[string]any{jsonData: parts, textPlain: string(raw)}, nil
}
