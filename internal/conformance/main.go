// Command conformance runs a corpus of Go programs and notebook sessions in sessions and says which of them do not do what Go does.
//
//	go run ./internal/conformance [--tier interpreted|native|both] [--group NAME] [--only REGEXP] [--report FILE]
//
// The corpus: the programs of Go's own test directory that say "// run", as they are in GOROOT; the programs in testdata/programs, as
// one cell and cut into cells; the sessions in testdata/sessions. What is right is what the compiled program does (go build, and run),
// or what a transcript says. Each comes to one of: right; refused, with an error that names the construct, its place and a remedy;
// failed, with any other error before it ran; wrong; timed out.
//
// The exit status is 1 if something is silently wrong or failed, if too little runs interpreted, or if anything is not right natively.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/gocluster/gocluster/internal/conformance/corpus"
)

// Everything is in a package of its own: compiled cells are package main, too, and would share this one's types.
func main() {
	corpus.Setup()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(corpus.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
