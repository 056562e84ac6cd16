// Package magic has the commands of cells that are not Go: lines that begin with % or !, which no statement of Go begins with
// (but for !ok, which can be written in brackets). A line magic (%name) may stand before, between and after a cell's lines of
// Go: it cuts the cell, and the pieces are executed one after the other. A cell magic (%%name) stands in the first line and
// takes the whole cell. !command runs a program. NAME? asks what a name is.
//
// split.go cuts a cell; table.go has the magics, each with what it may be given; a magic is prepared, which finds what is
// wrong with its use, before anything of its cell is executed. What a magic works with is a Host: the kernel and the
// commands run and repl are hosts.
//
// %px and its like execute cells on engines. The host's process is a client of the cluster for that, beside the session's own: pxrun.go
// has what is under way, and keeps what comes of it; pxshow.go shows that. cluster.go knows which cluster a session uses: that
// which the environment of its process names, or the default profile's.
package magic
