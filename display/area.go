package display

import (
	"crypto/rand"
	"image"
	"sync"

	"github.com/gocluster/gocluster/internal/render"
	"github.com/gocluster/gocluster/internal/session/host"
)

// Area is a place in the notebook that can be changed after it has been shown, also by a goroutine or another cell. The zero Area is
// ready: the first thing that it is given is shown where the cell is, what follows takes its place.
type Area struct {
	mu    sync.Mutex
	id    string
	shown bool
}

var handles sync.Map // id -> *Area

// Handle returns the area with a name, the same one wherever it is asked for: what one cell shows, another can change.
func Handle(id string) *Area {
	a, _ := handles.LoadOrStore(id, &Area{id: id})
	return a.(*Area)
}

// Show shows a value in the area, as it is shown at the end of a cell.
func (a *Area) Show(v any) { a.send(render.Value(v, "").MIME) }

// Text shows plain text in the area.
func (a *Area) Text(text string) { a.MIME(map[string]any{render.TextPlain: text}) }

// HTML shows a piece of a web page in the area.
func (a *Area) HTML(text string) { a.MIME(map[string]any{render.TextHTML: text}) }

// Markdown shows Markdown in the area.
func (a *Area) Markdown(text string) { a.MIME(markdown(text)) }

// SVG shows a drawing in the area.
func (a *Area) SVG(text string) { a.MIME(map[string]any{render.ImageSVG: text}) }

// Image shows a picture in the area.
func (a *Area) Image(img image.Image) error { return a.try(picture(img)) }

// Table shows a table in the area, as the function Table does.
func (a *Area) Table(v any) error { return a.try(table(v)) }

// JSON shows a value as a tree in the area.
func (a *Area) JSON(v any) error { return a.try(tree(v)) }

// VegaLite shows a chart in the area.
func (a *Area) VegaLite(spec any) error { return a.try(vega(spec)) }

// Plotly shows a chart in the area.
func (a *Area) Plotly(figure any) error { return a.try(plotlyFigure(figure)) }

// File shows a file in the area.
func (a *Area) File(name string) error { return a.try(file(name)) }

// MIME shows one thing in several formats in the area, as the function MIME does.
func (a *Area) MIME(bundle map[string]any) { a.send(bundle) }

// Clear leaves nothing in the area.
func (a *Area) Clear() { a.Text("") }

// Again forgets where the area was shown: the next thing that it is given is shown where the cell is.
func (a *Area) Again() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shown = false
}

func (a *Area) try(bundle map[string]any, err error) error {
	if err == nil {
		err = fits(bundle)
	}
	if err == nil {
		a.send(bundle)
	}
	return err
}

func (a *Area) send(bundle map[string]any) { a.put(bundle, nil) }

func (a *Area) put(bundle, metadata map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.id == "" {
		a.id = rand.Text()
	}
	update := a.shown
	a.shown = true
	send(host.Data{MIME: bundle, Metadata: metadata, ID: a.id, Update: update})
}
