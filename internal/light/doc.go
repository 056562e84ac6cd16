// Package light evaluates cells that are too small to be worth compiling: straight-line statements over a session's real values.
//
// Where types are known, Compile writes a cell as a Program, a tree that crosses to the session's process; there Run evaluates
// it over the compiled program's own values, types, functions and methods, through package reflect. A light cell takes
// microseconds where the compiler and the linker take a sixth of a second, and nobody may be able to tell the difference. So
// both halves refuse whatever they cannot do exactly as compiled code does it: Compile answers false, and Run returns a
// *NeedsCompiler before it has done anything.
//
// Two things need care. Go leaves open in which order a statement reads variables and calls functions; the compiler picks
// one. order.go evaluates in that order where it is certain, and refuses statements in which another could be seen. And types that package reflect makes are not those that
// later compiled code has under the same name; known.go takes only types that compiled code already has.
//
// The files: program.go is the tree, compile*.go, builtins.go and order.go write it, run*.go, store.go, arith.go, convert.go and
// faults.go evaluate it, types.go and known.go carry types across.
package light
