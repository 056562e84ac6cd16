// Package gocode is the front end: it says what a piece of Go means. Source goes in, plans come out; nothing is run, and no
// toolchain is needed, since the declarations of the standard library and of our API are embedded.
//
// A cell may hold imports, declarations, statements and expressions in any mix, or a whole program. It is split and type-checked against
// the live session. What happens then depends on what the session's child is. For one that compiles, a cell is written as a Go file that
// becomes a plugin (package emit), and as a light program where it is so simple that compiling takes longer (package light). For one
// that interprets, it is lowered: written again as one Go file that the interpreter runs as the Go language demands (package lower);
// what the interpreter would get wrong even so is refused, by name and with a remedy. Functions that can be sent to engines are lowered
// in any case, since engines interpret them.
//
// The files, in the order a cell goes through them: split.go cuts the cell; source.go makes the text that is checked; check.go
// checks it, with all of the session that it redefines; session.go knows what is live; plan.go makes the plan; body.go has the
// statements of interpreted cells, compiled.go and light.go the others. syntax.go, diagnose.go, hints.go and advice.go say what is wrong;
// complete*.go and inspect*.go help people who type; record.go and save.go write the session as a program; program.go finds the source of
// functions in compiled programs.
package gocode
