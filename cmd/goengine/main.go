// Command goengine runs the engines of one machine in the foreground.
package main

import (
	"os"

	"github.com/gocluster/gocluster/internal/command"
)

func main() {
	command.Setup()
	os.Exit(command.Main("goengine"))
}
