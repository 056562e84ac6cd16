// Package toolchain has what compiling cells into plugins and units into programs have in common: where the go command is, how its tools are run,
// and how what they made is kept, by content and within a size.
package toolchain
