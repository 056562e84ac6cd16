package notebook

import (
	"regexp"
	"strings"
)

// Bundle is something to show in several forms: MIME types with their values, which are texts, or JSON for JSON types.
type Bundle struct {
	Data     map[string]any
	Metadata map[string]any
}

// Recorder turns what cells do into their outputs in the notebook. Its methods are called from one goroutine.
type Recorder struct {
	cell    *Cell
	outputs []*output
	// clear is set between a clear_output that waits and the next output.
	clear bool
	// shown has every output with a display id, in this cell and those before, by that id: an update reaches them all.
	shown map[string][]*output
	cells map[*output]*Cell
	kept  map[*Cell][]*output
}

// output is one output; its fields are in the order of their names, which is Jupyter's.
type output struct {
	kind   string // "stream" ...
	stream string // "stdout", "stderr"
	text   strings.Builder
	fields members
}

// NewRecorder returns a recorder for one run of a notebook.
func NewRecorder() *Recorder {
	return &Recorder{shown: map[string][]*output{}, cells: map[*output]*Cell{}, kept: map[*Cell][]*output{}}
}

// Start begins a cell: outputs of an earlier run are forgotten.
func (r *Recorder) Start(c *Cell) {
	r.cell, r.outputs, r.clear = c, nil, false
	c.fields.set("execution_count", nil)
	c.fields.set("outputs", []any{})
}

// Finish ends the cell as In[count] and puts what it did into it.
func (r *Recorder) Finish(count int) {
	r.cell.fields.set("execution_count", count)
	r.kept[r.cell] = r.outputs
	r.render(r.cell)
	r.cell, r.outputs = nil, nil
}

// Stream records text printed to "stdout" or "stderr". Text printed in several pieces is one output, unless something else
// came between.
func (r *Recorder) Stream(name, text string) {
	r.flushClear()
	if n := len(r.outputs); n > 0 && r.outputs[n-1].kind == "stream" && r.outputs[n-1].stream == name {
		r.outputs[n-1].text.WriteString(text)
		return
	}
	o := &output{kind: "stream", stream: name}
	o.text.WriteString(text)
	r.add(o)
}

// Display records something shown; id names it for updates, "" is no name.
func (r *Recorder) Display(id string, b Bundle) {
	r.flushClear()
	o := &output{kind: "display_data"}
	o.setBundle(b)
	r.add(o)
	r.remember(id, o)
}

// Update changes everything shown under id so far, in this cell and in earlier ones.
func (r *Recorder) Update(id string, b Bundle) {
	for _, o := range r.shown[id] {
		o.setBundle(b)
		if c := r.cells[o]; c != r.cell {
			r.render(c)
		}
	}
}

// Result records the value of the cell's last expression as Out[count].
func (r *Recorder) Result(count int, id string, b Bundle) {
	r.flushClear()
	o := &output{kind: "execute_result"}
	o.setBundle(b)
	o.fields.set("execution_count", count)
	r.add(o)
	r.remember(id, o)
}

// Error records why the cell failed.
func (r *Recorder) Error(ename, evalue string, traceback []string) {
	r.flushClear()
	o := &output{kind: "error"}
	o.fields.set("ename", ename)
	o.fields.set("evalue", evalue)
	o.fields.set("traceback", append([]string{}, traceback...))
	r.add(o)
}

// Clear removes the cell's outputs: at once, or, if wait is set, when the next output comes.
func (r *Recorder) Clear(wait bool) {
	if r.clear = wait; wait {
		return
	}
	for _, o := range r.outputs {
		delete(r.cells, o)
	}
	r.outputs = nil
}

func (r *Recorder) flushClear() {
	if r.clear {
		r.Clear(false)
	}
}

func (r *Recorder) add(o *output) {
	r.outputs = append(r.outputs, o)
	r.cells[o] = r.cell
}

func (r *Recorder) remember(id string, o *output) {
	if id != "" {
		r.shown[id] = append(r.shown[id], o)
	}
}

// render writes a cell's outputs into its fields.
func (r *Recorder) render(c *Cell) {
	if c == nil {
		return // an update of an output that has been cleared
	}
	all := make([]members, 0, len(r.kept[c]))
	for _, o := range r.kept[c] {
		if o.kind == "stream" {
			o.fields.set("name", o.stream)
			o.fields.set("text", lines(overprint(o.text.String())))
		}
		o.fields.set("output_type", o.kind)
		all = append(all, o.fields)
	}
	c.fields.set("outputs", all)
}

func (o *output) setBundle(b Bundle) {
	data := map[string]any{}
	for mime, v := range b.Data {
		if s, ok := v.(string); ok && splits(mime) {
			v = lines(s)
		}
		data[mime] = v
	}
	meta := b.Metadata
	if meta == nil {
		meta = map[string]any{}
	}
	o.fields.set("data", data)
	o.fields.set("metadata", meta)
}

// splits reports whether Jupyter writes texts of this type as lists of lines.
func splits(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

var (
	backspaced  = regexp.MustCompile("[^\n]\b")
	overwritten = regexp.MustCompile("[^\n]*\r+([^\r\n])")
)

// overprint keeps of a text what a terminal would show last: what a backspace or a carriage return has overwritten is
// gone, so a progress bar is kept once. These are the rules of Jupyter's own executor.
func overprint(text string) string {
	for {
		shorter := backspaced.ReplaceAllString(text, "")
		if len(shorter) == len(text) {
			break
		}
		text = shorter
	}
	return overwritten.ReplaceAllString(text, "$1")
}
