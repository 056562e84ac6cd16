package widgets

import "fmt"

// settings are what options set.
type settings struct {
	kind                 kind
	state, layout, style state
}

// Option is something that a widget is made with. A widget that does not take it is not made: the program panics with what is wrong.
type Option func(*settings) error

// Trait sets any trait, as ipywidgets names it.
func Trait(name string, value any) Option {
	return func(s *settings) error {
		if _, known := s.kind.state[name]; !known {
			return fmt.Errorf("a %s has no %q", s.kind.name, name)
		}
		s.state[name] = value
		return nil
	}
}

// Value is what the widget shows first.
func Value(v any) Option { return Trait("value", v) }

// Min is the least value.
func Min(v float64) Option { return Trait("min", v) }

// Max is the greatest value.
func Max(v float64) Option { return Trait("max", v) }

// Step is the distance of values.
func Step(v float64) Option { return Trait("step", v) }

// Description stands beside the widget, or on it.
func Description(text string) Option { return Trait("description", text) }

// Tooltip appears when the mouse rests on the widget.
func Tooltip(text string) Option { return Trait("tooltip", text) }

// Placeholder stands in a text field that is empty.
func Placeholder(text string) Option { return Trait("placeholder", text) }

// Disabled makes a widget that takes no input.
func Disabled() Option { return Trait("disabled", true) }

// Settled makes a slider or a text field tell of its value when the user has let go of it, not on the way.
func Settled() Option { return Trait("continuous_update", false) }

// Vertical makes a slider or bar that stands upright.
func Vertical() Option { return Trait("orientation", "vertical") }

// Icon is the picture on a button, by its name in Font Awesome: "check", "stop".
func Icon(name string) Option { return Trait("icon", name) }

// Look colours a button, bar or box by what it means: "primary", "success", "info", "warning", "danger".
func Look(meaning string) Option {
	return func(s *settings) error {
		for _, name := range []string{"button_style", "bar_style", "box_style"} {
			if _, ok := s.kind.state[name]; ok {
				s.state[name] = meaning
				return nil
			}
		}
		return fmt.Errorf("a %s has no look", s.kind.name)
	}
}

// Layout lays the widget out, with properties and values of CSS: Layout("width", "50%").
func Layout(property, value string) Option {
	return func(s *settings) error {
		s.layout[property] = value
		return nil
	}
}

// Style makes the widget look some way: Style("bar_color", "teal").
func Style(property string, value any) Option {
	return func(s *settings) error {
		if s.kind.style == "" {
			return fmt.Errorf("a %s has no style", s.kind.name)
		}
		s.style[property] = value
		return nil
	}
}
