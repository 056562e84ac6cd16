// Package progress is how it is shown how far something is: a job, code on engines, a loop. A [State] is what there is to say; it is a line
// of text and a piece of a web page at once, under an id, so that each takes the place of the one before. A [Speed] tells how fast it goes,
// and a [Line] is where a terminal shows it: its last line, which is drawn again, or a line now and then where there is no terminal.
package progress
