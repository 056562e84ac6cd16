// Command gokernel is the Jupyter kernel for Go.
package main

import (
	"os"

	"github.com/gocluster/gocluster/internal/command"
)

func main() {
	command.Setup()
	os.Exit(command.Main("gokernel"))
}
