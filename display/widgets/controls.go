package widgets

import (
	"iter"
	"slices"

	"github.com/gocluster/gocluster/display"
	"github.com/gocluster/gocluster/display/comm"
)

// IntWidget is a widget with a whole number.
type IntWidget struct{ Model }

// IntSlider makes a slider for whole numbers, from 0 to 100 if nothing else is said.
func IntSlider(options ...Option) *IntWidget { return newInt(intSlider, options) }

// IntProgress makes a bar that shows how far something is, from 0 to 100 if nothing else is said.
func IntProgress(options ...Option) *IntWidget { return newInt(intProgress, options) }

// IntText makes a field for a whole number.
func IntText(options ...Option) *IntWidget { return newInt(intText, options) }

func newInt(k kind, options []Option) *IntWidget {
	w := new(IntWidget)
	w.make(k, options)
	return w
}

// Value is the number.
func (w *IntWidget) Value() int { return w.Get("value").(int) }

// SetValue changes the number; one that is out of bounds becomes the nearest that is not.
func (w *IntWidget) SetValue(v int) { w.mustSet("value", v) }

// Add adds to the number.
func (w *IntWidget) Add(n int) { w.SetValue(w.Value() + n) }

// OnChange has f called with each new number.
func (w *IntWidget) OnChange(f func(v int)) { w.Observe("value", func(v any) { f(v.(int)) }) }

// FloatWidget is a widget with a number.
type FloatWidget struct{ Model }

// FloatSlider makes a slider for numbers, from 0 to 100 if nothing else is said.
func FloatSlider(options ...Option) *FloatWidget { return newFloat(floatSlider, options) }

// FloatProgress makes a bar that shows how far something is, from 0 to 100 if nothing else is said.
func FloatProgress(options ...Option) *FloatWidget { return newFloat(floatProgress, options) }

// FloatText makes a field for a number.
func FloatText(options ...Option) *FloatWidget { return newFloat(floatText, options) }

func newFloat(k kind, options []Option) *FloatWidget {
	w := new(FloatWidget)
	w.make(k, options)
	return w
}

// Value is the number.
func (w *FloatWidget) Value() float64 { return w.Get("value").(float64) }

// SetValue changes the number; one that is out of bounds becomes the nearest that is not.
func (w *FloatWidget) SetValue(v float64) { w.mustSet("value", v) }

// OnChange has f called with each new number.
func (w *FloatWidget) OnChange(f func(v float64)) { w.Observe("value", func(v any) { f(v.(float64)) }) }

// BoolWidget is a widget that is on or off.
type BoolWidget struct{ Model }

// Checkbox makes a box to tick.
func Checkbox(options ...Option) *BoolWidget { return newBool(checkbox, options) }

// ToggleButton makes a button that stays pressed.
func ToggleButton(options ...Option) *BoolWidget { return newBool(toggleButton, options) }

func newBool(k kind, options []Option) *BoolWidget {
	w := new(BoolWidget)
	w.make(k, options)
	return w
}

// Value tells whether it is on.
func (w *BoolWidget) Value() bool { return w.Get("value").(bool) }

// SetValue turns it on or off.
func (w *BoolWidget) SetValue(v bool) { w.mustSet("value", v) }

// OnChange has f called when it is turned on or off.
func (w *BoolWidget) OnChange(f func(v bool)) { w.Observe("value", func(v any) { f(v.(bool)) }) }

// TextWidget is a widget with a text.
type TextWidget struct{ Model }

// Text makes a field for a line of text.
func Text(options ...Option) *TextWidget { return newText(text, options) }

// Textarea makes a field for lines of text.
func Textarea(options ...Option) *TextWidget { return newText(textarea, options) }

// Label makes a text, in which mathematics may stand between dollars.
func Label(options ...Option) *TextWidget { return newText(label, options) }

// HTML makes a piece of a web page.
func HTML(options ...Option) *TextWidget { return newText(page, options) }

func newText(k kind, options []Option) *TextWidget {
	w := new(TextWidget)
	w.make(k, options)
	return w
}

// Value is the text.
func (w *TextWidget) Value() string { return w.Get("value").(string) }

// SetValue changes the text.
func (w *TextWidget) SetValue(v string) { w.mustSet("value", v) }

// OnChange has f called with each new text.
func (w *TextWidget) OnChange(f func(v string)) { w.Observe("value", func(v any) { f(v.(string)) }) }

// ChoiceWidget is a widget with one of several texts.
type ChoiceWidget struct{ Model }

// Dropdown makes a list that opens, with the first text chosen.
func Dropdown(choices []string, options ...Option) *ChoiceWidget {
	return newChoice(dropdown, choices, options)
}

// RadioButtons makes a button for each text, with the first one chosen.
func RadioButtons(choices []string, options ...Option) *ChoiceWidget {
	return newChoice(radioButtons, choices, options)
}

// Select makes a list, with the first text chosen.
func Select(choices []string, options ...Option) *ChoiceWidget {
	return newChoice(list, choices, options)
}

func newChoice(k kind, choices []string, options []Option) *ChoiceWidget {
	first := []Option{Trait("_options_labels", slices.Clone(choices))}
	if len(choices) > 0 {
		first = append(first, Trait("index", 0))
	}
	w := new(ChoiceWidget)
	w.make(k, append(first, options...))
	return w
}

// Choices are the texts.
func (w *ChoiceWidget) Choices() []string { return slices.Clone(w.Get("_options_labels").([]string)) }

// Index is the number of the text that is chosen, -1 if none is.
func (w *ChoiceWidget) Index() int {
	if i, ok := w.Get("index").(int); ok {
		return i
	}
	return -1
}

// Value is the text that is chosen, "" if none is.
func (w *ChoiceWidget) Value() string { return w.at(w.Index()) }

func (w *ChoiceWidget) at(i int) string {
	if choices := w.Choices(); i >= 0 && i < len(choices) {
		return choices[i]
	}
	return ""
}

// SetValue chooses a text, or none if it is not one of them.
func (w *ChoiceWidget) SetValue(v string) {
	if i := slices.Index(w.Choices(), v); i >= 0 {
		w.mustSet("index", i)
		return
	}
	w.mustSet("index", nil)
}

// OnChange has f called with each text that is chosen.
func (w *ChoiceWidget) OnChange(f func(v string)) {
	w.Observe("index", func(any) { f(w.Value()) })
}

// ButtonWidget is a button.
type ButtonWidget struct{ Model }

// Button makes a button; its description is on it.
func Button(options ...Option) *ButtonWidget {
	w := new(ButtonWidget)
	w.make(button, options)
	return w
}

// OnClick has f called when the button is pressed.
func (w *ButtonWidget) OnClick(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clicked = append(slices.Clone(w.clicked), f)
}

// BoxWidget holds widgets.
type BoxWidget struct{ Model }

// VBox puts widgets below each other.
func VBox(children ...Widget) *BoxWidget { return newBox(vbox, children) }

// HBox puts widgets beside each other.
func HBox(children ...Widget) *BoxWidget { return newBox(hbox, children) }

func newBox(k kind, children []Widget) *BoxWidget {
	w := new(BoxWidget)
	w.make(k, []Option{Trait("children", ids(children))})
	return w
}

// SetChildren puts other widgets into the box.
func (w *BoxWidget) SetChildren(children ...Widget) { w.mustSet("children", ids(children)) }

// ImageWidget is a picture.
type ImageWidget struct{ Model }

// Image makes a picture of the bytes of a file; format is "png", "jpeg" and so on.
func Image(data []byte, format string) *ImageWidget {
	w := new(ImageWidget)
	w.make(picture, []Option{Trait("value", slices.Clone(data)), Trait("format", format)})
	return w
}

// SetValue changes the picture to another one of the same format.
func (w *ImageWidget) SetValue(data []byte) { w.mustSet("value", slices.Clone(data)) }

// Loop counts from 0 to n-1 with a progress bar:
//
//	for i := range widgets.Loop(100) { ... }
//
// Where there are no widgets it is display.Loop.
func Loop(n int, options ...Option) iter.Seq[int] {
	if !comm.Available() {
		return display.Loop(n)
	}
	return func(yield func(int) bool) {
		bar := IntProgress(append([]Option{Max(float64(n))}, options...)...)
		bar.Show()
		for i := range n {
			if !yield(i) {
				bar.mustSet("bar_style", "warning")
				return
			}
			bar.Add(1)
		}
		bar.mustSet("bar_style", "success")
	}
}
