package prompt

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/term"
)

// rawMode gives every key to this process, and has the console understand escape sequences.
func rawMode(in *os.File, out io.Writer) (undo func(), err error) {
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	undo = func() { _ = term.Restore(int(in.Fd()), state) }
	var mode uint32
	if h := windows.Handle(in.Fd()); windows.GetConsoleMode(h, &mode) == nil {
		_ = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_INPUT)
	}
	file, ok := out.(*os.File)
	if !ok {
		return undo, nil
	}
	h := windows.Handle(file.Fd())
	if windows.GetConsoleMode(h, &mode) != nil {
		return undo, nil
	}
	before := mode
	_ = windows.SetConsoleMode(h, mode|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	return func() {
		_ = windows.SetConsoleMode(h, before)
		_ = term.Restore(int(in.Fd()), state)
	}, nil
}

// readable waits until something can be read.
func readable(in *os.File, wait time.Duration) (bool, error) {
	event, err := windows.WaitForSingleObject(windows.Handle(in.Fd()), uint32(wait.Milliseconds()))
	return event == windows.WAIT_OBJECT_0, err
}

// suspend does nothing: there is no job control.
func suspend() {}
