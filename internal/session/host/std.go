package host

import (
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
)

// What compiled code calls in place of the standard library's: in a session what is printed is kept in order, standard input asks
// the user, and exits say their status.

// Streams are the standard streams as a session has them.
type Streams interface {
	// Stream returns what takes the place of a standard stream when it is used as a reader or writer; f itself if f is no standard
	// stream of the process.
	Stream(f *os.File) any
	// Scan reads values from standard input.
	Scan(read func(io.Reader) (int, error)) (int, error)
}

func stream(f *os.File) any {
	if s, ok := Current().(Streams); ok {
		return s.Stream(f)
	}
	return f
}

// Stdout stands for os.Stdout where it is used as a writer.
func Stdout() StringWriter { return writer(os.Stdout) }

// Stderr stands for os.Stderr where it is used as a writer.
func Stderr() StringWriter { return writer(os.Stderr) }

// StringWriter is what Stdout and Stderr can do.
type StringWriter interface {
	io.Writer
	io.StringWriter
}

func writer(f *os.File) StringWriter {
	if w, ok := stream(f).(StringWriter); ok {
		return w
	}
	return f
}

// Stdin stands for os.Stdin where it is used as a reader.
func Stdin() io.Reader {
	if r, ok := stream(os.Stdin).(io.Reader); ok {
		return r
	}
	return os.Stdin
}

// Print is fmt.Print.
func Print(a ...any) (int, error) { return fmt.Fprint(Stdout(), a...) }

// Printf is fmt.Printf.
func Printf(format string, a ...any) (int, error) { return fmt.Fprintf(Stdout(), format, a...) }

// Println is fmt.Println.
func Println(a ...any) (int, error) { return fmt.Fprintln(Stdout(), a...) }

// Scan is fmt.Scan.
func Scan(a ...any) (int, error) {
	return scan(func(r io.Reader) (int, error) { return fmt.Fscan(r, a...) })
}

// Scanf is fmt.Scanf.
func Scanf(format string, a ...any) (int, error) {
	return scan(func(r io.Reader) (int, error) { return fmt.Fscanf(r, format, a...) })
}

// Scanln is fmt.Scanln.
func Scanln(a ...any) (int, error) {
	return scan(func(r io.Reader) (int, error) { return fmt.Fscanln(r, a...) })
}

func scan(read func(io.Reader) (int, error)) (int, error) {
	if s, ok := Current().(Streams); ok {
		return s.Scan(read)
	}
	return read(os.Stdin)
}

// Exit is os.Exit.
func Exit(code int) {
	if n, ok := native(); ok {
		n.Exit(code)
	}
	os.Exit(code)
}

// Fatal is log.Fatal.
func Fatal(a ...any) { fatal(fmt.Sprint(a...)) }

// Fatalf is log.Fatalf.
func Fatalf(format string, a ...any) { fatal(fmt.Sprintf(format, a...)) }

// Fatalln is log.Fatalln.
func Fatalln(a ...any) { fatal(fmt.Sprintln(a...)) }

func fatal(text string) {
	_ = log.Output(3, text) // the process ends
	Exit(1)
}

// Builtin prints what the builtins print and println do, of values of basic types: not by their methods.
func Builtin(line bool, a ...any) {
	var b []byte
	for i, v := range a {
		if line && i > 0 {
			b = append(b, ' ')
		}
		b = fmt.Append(b, plain(v))
	}
	if line {
		b = append(b, '\n')
	}
	_, _ = Stderr().Write(b)
}

// plain returns a value of a basic type without its methods.
func plain(v any) any {
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return r.Uint()
	case r.Kind() == reflect.Float32:
		return float32(r.Float())
	case r.CanFloat():
		return r.Float()
	case r.Kind() == reflect.Complex64:
		return complex64(r.Complex())
	case r.CanComplex():
		return r.Complex()
	case r.Kind() == reflect.String:
		return r.String()
	case r.Kind() == reflect.Bool:
		return r.Bool()
	}
	return v
}

// Shifted panics as a shift by a negative count does.
func Shifted() {
	n := -len(os.Args) - 1
	_ = 1 << n
}
