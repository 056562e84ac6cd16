package display

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/render"
)

// VegaLite shows a chart that is specified as https://vega.github.io/vega-lite describes: the specification as a text, as bytes, or as
// a value that encoding/json makes one of.
func VegaLite(spec any) error { return try(vega(spec)) }

// Plotly shows a chart of https://plotly.com/javascript: a figure with its fields data and layout, as a text, as bytes, or as a value that
// encoding/json makes one of. A browser that has no Plotly fetches it from its makers.
func Plotly(figure any) error { return try(plotlyFigure(figure)) }

func vega(spec any) (map[string]any, error) {
	parts, _, err := decoded(spec)
	if err == nil {
		err = wants(parts, "mark", "layer", "concat", "hconcat", "vconcat", "facet", "repeat", "spec")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot show a Vega-Lite chart: %w", err)
	}
	return map[string]any{vegaLite: parts, render.TextPlain: "<Vega-Lite chart" + title(parts) + ">"}, nil
}

func plotlyFigure(figure any) (map[string]any, error) {
	parts, raw, err := decoded(figure)
	if err == nil {
		err = wants(parts, "data")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot show a Plotly chart: %w", err)
	}
	page := strings.ReplaceAll(plotlyPage, "FIGURE", string(raw))
	return map[string]any{plotly: parts, render.TextHTML: page, render.TextPlain: "<Plotly chart" + title(parts) + ">"}, nil
}

// plotlyPage is for clients that do not know Plotly's own format.
const plotlyPage = `<div class="gocluster-plotly"></div>
<script>
(function (div) {
  var figure = FIGURE;
  function draw() { Plotly.newPlot(div, figure.data, figure.layout || {}, figure.config || {}); }
  if (window.Plotly) { draw(); return; }
  var s = document.createElement("script");
  s.src = "https://cdn.plot.ly/plotly-2.35.2.min.js";
  s.onload = draw;
  document.head.appendChild(s);
})(document.currentScript ? document.currentScript.previousElementSibling : Array.from(document.querySelectorAll(".gocluster-plotly")).pop());
</script>`

// decoded is what JSON is made of, and the JSON, of a text with JSON or of any other value.
func decoded(v any) (parts any, raw []byte, err error) {
	switch v := v.(type) {
	case string:
		raw = []byte(v)
	case []byte:
		raw = v
	default:
		if raw, err = json.Marshal(v); err != nil {
			return nil, nil, err
		}
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, nil, fmt.Errorf("it is no JSON: %w", err)
	}
	raw, err = json.Marshal(parts) // in one form, which is harmless in a script
	return parts, raw, err
}

// wants checks that a specification is an object with one of the fields.
func wants(parts any, fields ...string) error {
	object, ok := parts.(map[string]any)
	if !ok {
		return errors.New("it is no JSON object")
	}
	for _, f := range fields {
		if _, ok := object[f]; ok {
			return nil
		}
	}
	return fmt.Errorf("it has no field %s", strings.Join(fields, " or "))
}

// title is the title that a chart has, after a blank.
func title(parts any) string {
	object, _ := parts.(map[string]any)
	for _, from := range []any{object, object["layout"]} {
		m, _ := from.(map[string]any)
		switch t := m["title"].(type) {
		case string:
			return fmt.Sprintf(" %q", t)
		case map[string]any:
			if s, ok := t["text"].(string); ok {
				return fmt.Sprintf(" %q", s)
			}
		}
	}
	return ""
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
	return map[string]any{render.JSON: parts, render.TextPlain: string(raw)}, nil
}
