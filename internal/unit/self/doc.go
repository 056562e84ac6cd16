// Package self lets a compiled program ship itself: engines run the program's own executable to call one of its functions.
//
// What is shipped is a copy of the executable in which main.main begins with a jump to [Main]. So all packages are initialised on the
// engine, those of the program too, and the program's own main never runs there. A function is named by its symbol and by where its code and the
// descriptor of its type lie, which is the same in the copy.
//
// What this cannot do is refused: functions that capture variables, since nobody knows where in memory they are; generic functions; platforms
// other than the program's own; executables that are not ELF files. That a function's package variables are as initialisation leaves them is for
// the caller to find out.
package self
