// Package comm joins a value in the notebook's kernel to something in the client: a page's script, or a widget. Package
// display/widgets is made of it; most cells want that one. In cells it is imported by use.
//
// Either side opens a comm, and both then send messages until either closes it:
//
//	c, err := comm.Open("my.chart", map[string]any{"points": points})
//	c.OnMessage(func(m comm.Message) {
//		var click struct{ X, Y float64 }
//		if err := m.Read(&click); err == nil {
//			c.Send(map[string]any{"nearest": nearest(click.X, click.Y)})
//		}
//	})
//
// What the client opens is given to who has registered for its target, with [Register]; a comm for a target that nobody knows is closed.
//
// Functions that are called with messages run between cells, in turn with them. A client that sends its messages on a subshell, as
// JupyterLab does, has them called at once: they then run beside the cell, like its goroutines. They never run beside each other, unless
// messages of several targets come on several subshells. What they print and show appears under the cell that has opened the comm. A
// panic is shown there, too, and ends only the call; so does an interrupt.
//
// Comms end with the process that cells run in: when it is replaced, the client is told that they are closed.
package comm
