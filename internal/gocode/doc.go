// Package gocode is the front end: it says what a piece of Go means. Source goes in, plans come out; nothing is run, and no
// toolchain is needed, since the declarations of the standard library and of our API are embedded.
//
// A cell may hold imports, declarations, statements and expressions in any mix, or a whole program. It is split, type-checked
// against the live session, and lowered: written again as one Go file that the interpreter runs as the Go language
// demands. What the interpreter would get wrong even so is refused, by name and with a remedy.
//
// The files, in the order a cell goes through them: split.go cuts the cell; source.go makes the text that is checked; check.go
// checks it; session.go knows what is live, and plan.go makes the plan with the lowerer, package lower. Units, the functions
// that can be sent to engines, are in units.go; complete.go and inspect.go help people who type; program.go finds
// the source of functions in compiled programs. save.go makes one program of a whole session, of what record.go has kept of its cells.
package gocode
