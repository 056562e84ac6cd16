// Package registry is what the cells of the tests share.
package registry

// Vars are the variables.
var Vars = map[string]any{}
