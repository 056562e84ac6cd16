// Package ink is how source text looks in a terminal: how wide its characters are, in which colours Go is written, and what must not
// reach a terminal as it is. Errors' source lines and the prompt use it alike. The package is pure.
package ink
