// Package native compiles cells into Go plugins: the parent's side of the native tier. Package load is the child's.
//
// # What it needs
//
// The toolchain that built this executable, a C compiler for the link, the source of this module, and an executable that was
// built with cgo. Find looks for them and says what is missing and how to get it.
//
// # Why it is fast
//
// "go build -buildmode=plugin" takes 0.35 s for a cell. Most of that is the go command finding out what has not changed, and the linker
// asking the C compiler about flags. Warm asks the go command once where the compiled packages are (go list -export
// -buildmode=plugin) and keeps the answer on disk, by executable; Build runs the compiler and the linker themselves, with a script
// before the C compiler that answers the linker's questions (front). That makes 0.13 s. Results are kept too, by content.
//
// On a machine that has never compiled a plugin, Warm compiles what every cell needs, ten seconds; a package that a cell is the first
// to import is compiled then. Rest does that ahead, in the background.
//
// # What makes plugins and executable agree
//
// The dynamic linker merges what two modules both have: types, variables, functions. That is right only if both have the same, so
// package plugin compares fingerprints of the packages' interfaces, which depend on file names, flags and versions. So packages are
// compiled from the directory, with the flags and at the versions that the executable was built with (executable), and modules that
// a session asks for may not bring other versions of what the executable contains.
//
// The names of types in a package main are the exception: of those nothing is compared. So the executable's own package main may have
// none (checkMain), and the code that is made of cells gives each type of a session a name of its own.
//
// A package that is not in the executable is initialised by a deps plugin, opened before the cell: one per set of packages. It is
// built as the go command builds plugins, so its packages' initialisers run, those of each package once in a process. A cell's
// plugin has another package path ("main", so that types of cells are the same in all) than plugin path: no initialisers run.
//
// # A session's packages
//
// A session is a module with a go.mod of its own, in a workspace made up for it: the session's module, this module, and the module
// or workspace that the user's working directory is in. So what the user can import there, cells can, and a package by relative path
// too. What nobody asked for yet is fetched into the session's go.mod, by the user's settings.
//
// Cells of engines import the same: another kit, in the process that has the connection, takes the session's workspace as it is (Modules, SetModules).
// Foreign says which builds of packages it has, and Declared what they declare; Declarations reads that on the engine's machine, where there is
// neither a toolchain nor a go.mod.
package native
