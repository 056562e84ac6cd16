package spec

import (
	"bytes"
	_ "embed"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The logo: one node in the middle, tied to four around it. logoPNG draws what logo.svg says.
//
//go:embed logo.svg
var logoSVG []byte

type circle struct{ x, y, r float64 }

// The measures of logo.svg, in a square of 64.
var (
	centre = circle{32, 32, 11}
	around = []circle{{13, 13, 8}, {51, 13, 8}, {13, 51, 8}, {51, 51, 8}}
)

const (
	side     = 64.0
	lineHalf = 2.0
)

var (
	blue = color.NRGBA{0x00, 0x7d, 0x9c, 0xff}
	cyan = color.NRGBA{0x5d, 0xc9, 0xe2, 0xff}
)

func (c circle) covers(x, y float64) bool { return math.Hypot(x-c.x, y-c.y) <= c.r }

// ties reports whether a point is on the line between two circles' centres.
func ties(a, b circle, x, y float64) bool {
	dx, dy := b.x-a.x, b.y-a.y
	t := ((x-a.x)*dx + (y-a.y)*dy) / (dx*dx + dy*dy)
	return t >= 0 && t <= 1 && math.Hypot(x-a.x-t*dx, y-a.y-t*dy) <= lineHalf
}

// at is the logo's colour at a point.
func at(x, y float64) color.NRGBA {
	if centre.covers(x, y) {
		return blue
	}
	for _, c := range around {
		if c.covers(x, y) {
			return cyan
		}
	}
	for _, c := range around {
		if ties(centre, c, x, y) {
			return blue
		}
	}
	return color.NRGBA{}
}

// samples is how many points, in each direction, a pixel is the mean of.
const samples = 4

func logoPNG(size int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			img.SetNRGBA(px, py, pixel(px, py, side/float64(size)))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a picture in memory has no reason to fail
	}
	return b.Bytes()
}

func pixel(px, py int, scale float64) color.NRGBA {
	var r, g, b, a int
	for i := range samples * samples {
		x := (float64(px) + (float64(i%samples)+0.5)/samples) * scale
		y := (float64(py) + (float64(i/samples)+0.5)/samples) * scale
		c := at(x, y)
		r, g, b, a = r+int(c.R)*int(c.A), g+int(c.G)*int(c.A), b+int(c.B)*int(c.A), a+int(c.A)
	}
	if a == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), uint8(a / (samples * samples))}
}
