package command

import "os"

// relayed are the signals that exec passes on.
var relayed = []os.Signal{os.Interrupt}
