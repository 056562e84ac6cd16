// Command gocluster starts clusters, runs notebooks and scripts, and is the kernel behind Jupyter.
package main

import (
	"os"

	"github.com/gocluster/gocluster/internal/command"
)

func main() {
	command.Setup()
	os.Exit(command.Main("gocluster"))
}
