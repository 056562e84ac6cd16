package render

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"reflect"
)

// maxSide is the length in pixels from which the sides of pictures are made smaller.
const maxSide = 2000

// PNG encodes a picture for a notebook; what is too large is made smaller.
func PNG(img image.Image) ([]byte, error) {
	size := img.Bounds().Size()
	if size.X <= 0 || size.Y <= 0 {
		return nil, errors.New("the image has no pixels")
	}
	if side := max(size.X, size.Y); side > maxSide {
		img = smaller{img, (side + maxSide - 1) / maxSide}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// smaller is a picture of which only every step-th pixel is taken in both directions.
type smaller struct {
	image.Image
	step int
}

// Bounds implements image.Image.
func (s smaller) Bounds() image.Rectangle {
	size := s.Image.Bounds().Size()
	return image.Rect(0, 0, max(1, size.X/s.step), max(1, size.Y/s.step))
}

// At implements image.Image.
func (s smaller) At(x, y int) color.Color {
	from := s.Image.Bounds().Min
	return s.Image.At(from.X+x*s.step, from.Y+y*s.step)
}

func picture(img image.Image, mime map[string]any) error {
	size := img.Bounds().Size()
	data, err := PNG(img)
	mime[TextPlain] = fmt.Sprintf("<image of %d x %d>", size.X, size.Y)
	if err == nil {
		mime[ImagePNG] = data
	}
	return err
}

// A plot of gonum.org/v1/plot draws itself at a given size, in units of 1/72 inch, in a given format. It is known by the shape of its
// method: that package is not ours to import.
const plotWidth, plotHeight = 432, 288

// plot shows a plot, if v is one.
func plot(v reflect.Value, mime map[string]any) bool {
	if v.Kind() == reflect.Struct && reflect.PointerTo(v.Type()).NumMethod() > v.NumMethod() {
		v = addressable(v)
		if v.CanAddr() {
			v = v.Addr()
		}
	}
	draw := v.MethodByName("WriterTo")
	if v.Kind() == reflect.Pointer && v.IsNil() || !draw.IsValid() || !draws(draw.Type()) {
		return false
	}
	mime[TextPlain] = "<" + TypeName(v.Type()) + ">"
	for _, f := range []struct{ name, mime string }{{"png", ImagePNG}, {"svg", ImageSVG}} {
		data, err := drawn(draw, f.name)
		if err != nil {
			mime[TextPlain] = fmt.Sprintf("<%s: it cannot be drawn: %v>", TypeName(v.Type()), err)
			continue
		}
		mime[TextPlain] = "<" + TypeName(v.Type()) + ">"
		if f.name == "svg" {
			mime[f.mime] = string(data)
		} else {
			mime[f.mime] = data
		}
		break
	}
	return true
}

// draws reports whether a method has the type func(w, h vg.Length, format string) (io.WriterTo, error).
func draws(t reflect.Type) bool {
	return t.NumIn() == 3 && !t.IsVariadic() && t.In(0).Kind() == reflect.Float64 && t.In(1) == t.In(0) && t.In(2).Kind() == reflect.String &&
		t.NumOut() == 2 && t.Out(0) == reflect.TypeFor[io.WriterTo]() && t.Out(1) == reflect.TypeFor[error]()
}

func drawn(draw reflect.Value, format string) (data []byte, err error) {
	err = safely(func() error {
		length := func(x float64) reflect.Value { return reflect.ValueOf(x).Convert(draw.Type().In(0)) }
		out := draw.Call([]reflect.Value{length(plotWidth), length(plotHeight), reflect.ValueOf(format).Convert(draw.Type().In(2))})
		if err, _ := out[1].Interface().(error); err != nil {
			return err
		}
		w, _ := out[0].Interface().(io.WriterTo)
		if w == nil {
			return errors.New("it gives nothing to draw")
		}
		var b bytes.Buffer
		_, err := w.WriteTo(&b)
		data = b.Bytes()
		return err
	})
	return data, err
}
