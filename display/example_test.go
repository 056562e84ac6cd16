package display_test

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/gocluster/gocluster/display"
)

// In a program, as here, what has a text is printed; in a notebook each of these shows a table.
func ExampleTable() {
	type planet struct {
		Name  string
		Moons int
	}
	_ = display.Table([]planet{{"Earth", 1}, {"Mars", 2}})
	_ = display.Table(map[string]float64{"pi": math.Pi, "e": math.E})
	_ = display.Table([][]int{{1, 2}, {3, 4}})
	// Output:
	//    Name   Moons
	// 0  Earth      1
	// 1  Mars       2
	// key              value
	// e    2.718281828459045
	// pi   3.141592653589793
	//    0  1
	// 0  1  2
	// 1  3  4
}

func ExampleMarkdown() {
	display.Markdown("**42** is *the* answer")
	// Output: **42** is *the* answer
}

func ExampleImage() {
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for x := range 64 {
		for y := range 64 {
			img.SetGray(x, y, color.Gray{Y: uint8(4 * (x ^ y))})
		}
	}
	if err := display.Image(img); err != nil {
		fmt.Println(err)
	}
	// Output: <image of 64 x 64>
}

func ExampleVegaLite() {
	err := display.VegaLite(map[string]any{
		"title":    "squares",
		"data":     map[string]any{"values": []map[string]int{{"x": 1, "y": 1}, {"x": 2, "y": 4}, {"x": 3, "y": 9}}},
		"mark":     "line",
		"encoding": map[string]any{"x": map[string]string{"field": "x"}, "y": map[string]string{"field": "y"}},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: <Vega-Lite chart "squares">
}

func ExamplePlotly() {
	if err := display.Plotly(`{"data": [{"y": [1, 4, 9]}], "layout": {"title": "squares"}}`); err != nil {
		fmt.Println(err)
	}
	// Output: <Plotly chart "squares">
}

func ExampleFile() {
	fmt.Println(display.File("."))
	// Output: cannot show .: it is a directory
}

func ExampleArea() {
	var status display.Area
	status.Text("working ...")
	status.HTML("<b>done</b>") // takes the place of the text
	// Output: working ...
}

func ExampleHandle() {
	display.Handle("loss").Text("epoch 1: 0.52")
	// In a later cell, or in a goroutine: what the first has shown changes.
	display.Handle("loss").Text("epoch 2: 0.31")
	// Output:
	// epoch 1: 0.52
	// epoch 2: 0.31
}

// temperature shows itself in bold letters, coloured by its value.
type temperature float64

func (t temperature) HTML() string {
	colour := "blue"
	if t > 20 {
		colour = "red"
	}
	return fmt.Sprintf(`<b style="color: %s">%.1f °C</b>`, colour, float64(t))
}

func (t temperature) String() string { return fmt.Sprintf("%.1f °C", float64(t)) }

// A type with a method HTML shows itself as a web page at the end of a cell, and where it is given to Show.
func ExampleHTMLer() {
	var _ display.HTMLer = temperature(0)
	display.Show(temperature(21.5))
	// Output: 21.5 °C
}

// signal shows itself in two formats, from which the client chooses.
type signal []float64

func (s signal) MIMEBundle() map[string]any {
	return map[string]any{
		"text/plain":       fmt.Sprintf("signal of %d samples", len(s)),
		"application/json": []float64(s),
	}
}

func ExampleBundler() {
	display.Show(signal{1, 2, 3})
	// Output: signal of 3 samples
}

func ExampleLoop() {
	sum := 0
	for i := range display.Loop(0) { // in a notebook: with a bar
		sum += i
	}
	fmt.Println("sum", sum)
}

func ExampleProgress() {
	bar := display.NewProgress(3).Label("files")
	for range 3 {
		bar.Add(1)
	}
	bar.End()
}
