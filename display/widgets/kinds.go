package widgets

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
)

// kind is what the widgets of one name have in common.
type kind struct {
	name string
	// view is the name of what draws it, the kind's by default; style the kind of its style.
	view, style string
	module      string
	state       map[string]any
	// open kinds take traits of any name.
	open bool
	// value is the type of the value, if the widget has one that is checked.
	value reflect.Kind
}

const (
	controls = "@jupyter-widgets/controls"
	base     = "@jupyter-widgets/base"
	output   = "@jupyter-widgets/output"
)

var moduleVersion = map[string]string{controls: "2.0.0", base: "2.0.0", output: "1.0.0"}

// placeholder is what stands in an empty text so that it has a height.
const placeholder = "\u200b"

// traits are the beginnings of states.
func traits(maps_ ...map[string]any) map[string]any {
	all := map[string]any{"_dom_classes": []string{}, "_view_count": nil, "tabbable": nil, "tooltip": nil}
	for _, m := range maps_ {
		maps.Copy(all, m)
	}
	return all
}

type state = map[string]any

var (
	described = state{"description": "", "description_allow_html": false}
	enabled   = state{"disabled": false}
	intRange  = state{"value": 0, "min": 0, "max": 100}
	realRange = state{"value": 0.0, "min": 0.0, "max": 100.0}
	sliding   = state{"behavior": "drag-tap", "continuous_update": true, "orientation": "horizontal", "readout": true}
	bar       = state{"bar_style": "", "orientation": "horizontal"}
	writing   = state{"value": "", "placeholder": placeholder, "continuous_update": true}
	choosing  = state{"_options_labels": []string{}, "index": nil}
	boxed     = state{"box_style": "", "children": []string{}}
)

var (
	intSlider     = kind{name: "IntSlider", style: "SliderStyle", value: reflect.Int, state: traits(described, enabled, intRange, sliding, state{"step": 1, "readout_format": "d"})}
	floatSlider   = kind{name: "FloatSlider", style: "SliderStyle", value: reflect.Float64, state: traits(described, enabled, realRange, sliding, state{"step": 0.1, "readout_format": ".2f"})}
	intProgress   = kind{name: "IntProgress", view: "ProgressView", style: "ProgressStyle", value: reflect.Int, state: traits(described, intRange, bar)}
	floatProgress = kind{name: "FloatProgress", view: "ProgressView", style: "ProgressStyle", value: reflect.Float64, state: traits(described, realRange, bar)}
	intText       = kind{name: "IntText", style: "DescriptionStyle", value: reflect.Int, state: traits(described, enabled, state{"value": 0, "step": 1, "continuous_update": false})}
	floatText     = kind{name: "FloatText", style: "DescriptionStyle", value: reflect.Float64, state: traits(described, enabled, state{"value": 0.0, "step": nil, "continuous_update": false})}
	button        = kind{name: "Button", style: "ButtonStyle", state: traits(enabled, state{"description": "", "button_style": "", "icon": ""})}
	text          = kind{name: "Text", style: "TextStyle", value: reflect.String, state: traits(described, enabled, writing)}
	textarea      = kind{name: "Textarea", style: "TextStyle", value: reflect.String, state: traits(described, enabled, writing, state{"rows": nil})}
	label         = kind{name: "Label", style: "LabelStyle", value: reflect.String, state: traits(described, state{"value": "", "placeholder": placeholder})}
	page          = kind{name: "HTML", style: "HTMLStyle", value: reflect.String, state: traits(described, state{"value": "", "placeholder": placeholder})}
	checkbox      = kind{name: "Checkbox", style: "CheckboxStyle", value: reflect.Bool, state: traits(described, enabled, state{"value": false, "indent": true})}
	toggleButton  = kind{name: "ToggleButton", style: "ToggleButtonStyle", value: reflect.Bool, state: traits(described, enabled, state{"value": false, "button_style": "", "icon": ""})}
	dropdown      = kind{name: "Dropdown", style: "DescriptionStyle", state: traits(described, enabled, choosing)}
	radioButtons  = kind{name: "RadioButtons", style: "DescriptionStyle", state: traits(described, enabled, choosing, state{"orientation": "vertical"})}
	list          = kind{name: "Select", style: "DescriptionStyle", state: traits(described, enabled, choosing, state{"rows": 5})}
	vbox          = kind{name: "VBox", state: traits(boxed)}
	hbox          = kind{name: "HBox", state: traits(boxed)}
	picture       = kind{name: "Image", state: traits(state{"value": []byte{}, "format": "png", "width": "", "height": ""})}
	outputs       = kind{name: "Output", module: output, state: traits(state{"msg_id": "", "outputs": []any{}})}
)

// part is the kind of a layout or a style.
func part(name, view string) kind {
	k := kind{name: name, view: view, module: controls, open: true}
	if name == "Layout" {
		k.module = base
	}
	return k
}

// make gives a widget's model its state, with a layout and a style, and makes it known to the client.
func (m *Model) make(k kind, options []Option) {
	s := &settings{kind: k, state: maps.Clone(k.state), layout: state{}, style: state{}}
	for _, o := range options {
		if err := o(s); err != nil {
			panic("widgets: " + err.Error())
		}
	}
	m.begin(k, s.state)
	m.check()
	m.layout = newPart(part("Layout", "LayoutView"), s.layout)
	m.state["layout"] = reference + m.layout.id
	if k.style != "" {
		m.style = newPart(part(k.style, "StyleView"), s.style)
		m.state["style"] = reference + m.style.id
	}
	m.open()
}

// newPart makes a layout or a style, which the client must know before the widget.
func newPart(k kind, s state) *Model {
	m := new(Model)
	m.begin(k, s)
	m.open()
	return m
}

// begin gives a model its state.
func (m *Model) begin(k kind, s state) {
	if k.module == "" {
		k.module = controls
	}
	if k.view == "" {
		k.view = k.name + "View"
	}
	viewModule := k.module
	if k.open {
		viewModule = base
	}
	s["_model_name"], s["_model_module"], s["_model_module_version"] = k.name+"Model", k.module, moduleVersion[k.module]
	s["_view_name"], s["_view_module"], s["_view_module_version"] = k.view, viewModule, moduleVersion[viewModule]
	m.kind, m.state = k, s
}

// check checks what options have made of the state.
func (m *Model) check() {
	for _, name := range []string{"max", "min", "step", "value", "index"} {
		v, ok := m.state[name]
		if !ok {
			continue
		}
		v, err := m.kind.checked(name, v, m.state)
		if err != nil {
			panic("widgets: " + err.Error())
		}
		m.state[name] = v
	}
	low, ok1 := number(m.state["min"])
	high, ok2 := number(m.state["max"])
	if ok1 && ok2 && low > high {
		panic(fmt.Sprintf("widgets: the min of a %s is %v, which is more than its max, %v", m.kind.name, m.state["min"], m.state["max"]))
	}
}

// checked is a value for a trait, as the kind wants it.
func (k kind) checked(name string, v any, s state) (any, error) {
	switch {
	case name == "value" && k.value != reflect.Invalid, (name == "min" || name == "max") && k.value != reflect.Invalid:
		return k.typed(name, v, s)
	case name == "step" && k.value == reflect.Int:
		return k.typed(name, v, s)
	case name == "index":
		return index(v, s)
	}
	return v, nil
}

// typed is a value of the kind's type, within its bounds.
func (k kind) typed(name string, v any, s state) (any, error) {
	x, isNumber := number(v)
	switch {
	case k.value == reflect.String && reflect.TypeOf(v) == reflect.TypeFor[string](), k.value == reflect.Bool && reflect.TypeOf(v) == reflect.TypeFor[bool]():
		return v, nil
	case k.value == reflect.Int && isNumber && x == math.Trunc(x) && math.Abs(x) < 1<<53:
		return int(bounded(name, x, s)), nil
	case k.value == reflect.Float64 && isNumber && !math.IsNaN(x):
		return bounded(name, x, s), nil
	}
	want := map[reflect.Kind]string{reflect.String: "a string", reflect.Bool: "a bool", reflect.Int: "a whole number", reflect.Float64: "a number"}[k.value]
	return nil, fmt.Errorf("the %s of a %s is %s, not %v", name, k.name, want, v)
}

func bounded(name string, x float64, s state) float64 {
	if name != "value" {
		return x
	}
	if high, ok := number(s["max"]); ok {
		x = min(x, high)
	}
	if low, ok := number(s["min"]); ok {
		x = max(x, low)
	}
	return x
}

// index is the number of a choice, nil for none.
func index(v any, s state) (any, error) {
	if v == nil {
		return nil, nil
	}
	labels, _ := s["_options_labels"].([]string)
	x, ok := number(v)
	if !ok || x != math.Trunc(x) || x < 0 || int(x) >= len(labels) {
		return nil, fmt.Errorf("there is no choice %v among %d", v, len(labels))
	}
	return int(x), nil
}

// number is a value of any type of numbers.
func number(v any) (float64, bool) {
	rv := reflect.ValueOf(v)
	switch {
	case !rv.IsValid():
		return 0, false
	case rv.CanInt():
		return float64(rv.Int()), true
	case rv.CanUint():
		return float64(rv.Uint()), true
	case rv.CanFloat():
		return rv.Float(), true
	}
	return 0, false
}

// ids are references to widgets' models.
func ids(widgets []Widget) []string {
	refs := make([]string, 0, len(widgets))
	for _, w := range slices.Clone(widgets) {
		refs = append(refs, reference+w.Base().id)
	}
	return refs
}
