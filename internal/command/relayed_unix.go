//go:build !windows

package command

import (
	"os"
	"syscall"
)

// relayed are the signals that exec passes on.
var relayed = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2}
