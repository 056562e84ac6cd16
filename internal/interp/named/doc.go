// Package named gives values of interpreted code real types. The interpreter knows only what types are made of: it calls a declared type
// by its underlying one, exports the fields of structs, and finds methods where it has an expression of the type in hand. So a value
// that became an interface value would have lost its name and its methods, for the interpreter and for compiled code.
//
// This package makes types at run time that have them: a type called main.temp with the memory of a float64 and the methods of
// the session's temp, as the compiler would have made it. Box gives a value of interpreted code such a type where it becomes an
// interface value; the memory is the same. From there on everything that goes by types does what it does in compiled code: assertions,
// comparisons, keys of maps, package reflect, %T and %v, errors.As, encoders, templates, sort.Interface. Into takes a value out of
// an interface again.
//
// Package reflect makes types, too, but none with names or methods. So the runtime's descriptions of types are written by hand here, after
// one that package reflect made of a type laid out in the same way. A method needs code of its own: a few thousand stubs in assembly,
// each of which calls the function that it was given.
//
// The types of one interpreter are a Space. Lowered code (see internal/gocode/lower) declares them there, with texts that parse.go
// explains; they are made when a value needs one.
package named
