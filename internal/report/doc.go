// Package report makes errors readable: what went wrong in the words of Go, where in cells and lines, the source with the place
// marked, and what to do about it.
//
//	CompileError: undefined: undefinedVar
//	Cell In[3], line 2, column 13
//	      1 | import "fmt"
//	----> 2 | fmt.Println(undefinedVar)
//	        |             ^^^^^^^^^^^^
//	hint: did you mean `undefinedVal`? (Cell In[1])
//
// The kernel, `gocluster run` and `gocluster repl` show errors in this one form. The package is pure: an error and the sources of
// cells go in, lines come out, with colours or without. Whatever users' programs put into a message, the lines are valid UTF-8
// and have no control characters but our own colours.
//
// report.go says what is made of which error; compile.go, frames.go and engines.go make the parts; excerpt.go draws source lines with
// their marks, layout.go knows how wide text is; sources.go keeps the cells.
package report
