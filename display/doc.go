// Package display shows things in a notebook, beside what a cell prints and the value of its last expression: formatted text,
// pictures, tables, charts, anything with a MIME type. In cells it is imported by use.
//
//	display.Markdown("**42** is *the* answer")
//	display.Table(people)             // a list of structs or maps, a map, a matrix
//	display.File("plots/speed.svg")
//	display.VegaLite(`{"mark": "bar", ...}`)
//
// [Show] shows any value as it is shown at the end of a cell. What has been shown in an [Area] can be changed later, also by a goroutine
// or another cell, and [NewProgress] makes a bar of it:
//
//	var status display.Area
//	status.Text("working ...")
//	status.HTML("<b>done</b>")
//
//	for i := range display.Loop(100) { // with a progress bar
//		...
//	}
//
// A type shows itself if it has one of the methods of [HTMLer], [Markdowner], [LaTeXer], [SVGer], [PNGer], [JPEGer] or [Bundler].
//
// Notebooks and browsers suffer from what is large, so 32 MB are the most that is shown at once; pictures are made smaller.
// In a program, where there is no notebook, what has a text is printed.
package display
