package main

import (
	"fmt"
	"log"
	"os"
)

func main() {
	fmt.Println("to stdout")
	fmt.Fprintln(os.Stderr, "to stderr")
	println("builtin", 1, true, 2.5, 'x', "end")
	print("a", 1, "b\n")
	os.Stdout.WriteString("direct\n")
	l := log.New(os.Stdout, "[p] ", 0)
	l.Println("logged", 3)
	log.SetFlags(0)
	log.SetPrefix("main: ")
	log.Printf("on %s", "stderr")
}
