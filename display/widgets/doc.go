// Package widgets has controls that a notebook shows and that call Go: sliders, buttons, progress bars and so on, those of ipywidgets.
// In cells it is imported by use, and a widget that is the value of a cell's last expression is shown.
//
//	n := widgets.IntSlider(widgets.Min(1), widgets.Max(50), widgets.Description("terms"))
//	sum := widgets.Label()
//	n.OnChange(func(v int) { sum.SetValue(fmt.Sprint(series(v))) })
//	widgets.VBox(n, sum)
//
//	stop := widgets.Button(widgets.Description("stop"))
//	stop.OnClick(func() { cancel() })
//
//	for i := range widgets.Loop(100) { // with a progress bar
//		...
//	}
//
// The client needs the extension that draws them: pip install ipywidgets, or jupyterlab_widgets for JupyterLab alone. Where there is none,
// and in programs, widgets are values like others, which show as text.
//
// # When functions are called
//
// A widget's functions are called when its value has changed, by the user or by the program. Changes by the user come between cells or,
// from clients that use subshells as JupyterLab does, while a cell runs: then the functions run beside it, like its goroutines.
// What they print appears under the cell that has made the widget, as do their panics, which end only the call. See package
// display/comm.
//
// Changes by the program reach the client at most twenty times a second, the last one always, so a loop may set a bar at each turn.
//
// # What is not here
//
// Each widget is a [Model], whose other traits, as ipywidgets documents them, are set with [Trait] and [Model.Set].
package widgets
