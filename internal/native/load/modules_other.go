//go:build !(cgo && (linux || darwin) && go1.26 && !go1.27)

package load

func thin(string) {}
