// Package load opens compiled cells in the process that runs them: the child's side of package native.
//
// A cell is a plugin of two functions. Load__ resolves the session's variables and fills the slots of the functions that the cell
// declares, Run__ runs its statements. A plugin cannot be unloaded and is not opened twice.
//
// Between opening and the first call the plugin is made one with the process: its tables of interfaces' methods are those that the
// process has (itabs), and the runtime's lists of types do not grow with every cell (modules).
package load
