// Command gocontroller runs a cluster's controller in the foreground.
package main

import (
	"os"

	"github.com/gocluster/gocluster/internal/command"
)

func main() {
	command.Setup()
	os.Exit(command.Main("gocontroller"))
}
