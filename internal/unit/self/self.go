package self

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/gocluster/gocluster/internal/proto"
)

// Function names a function of the program: its symbol, and where its code and the descriptor of its type are, seen from Main.
type Function struct {
	Name       string
	Code, Type int64
}

// Of names the function f, which must capture nothing.
func Of(f any) (Function, error) {
	im, err := read()
	if err != nil {
		return Function{}, err
	}
	v := reflect.ValueOf(f)
	pc := v.Pointer()
	fn := runtime.FuncForPC(pc)
	switch {
	case fn == nil || fn.Entry() != pc:
		return Function{}, errors.New("it is no function of the program")
	case strings.HasSuffix(fn.Name(), "-fm") || strings.Contains(fn.Name(), "["):
		return Function{}, fmt.Errorf("%s is a method value or generic, so that it has more to it than its code", fn.Name())
	}
	typ := (*[2]uintptr)(unsafe.Pointer(&f))[0]
	if at := im.linked(typ); at < im.low || at >= im.high {
		return Function{}, fmt.Errorf("its type %T was made at run time", f)
	}
	return Function{fn.Name(), int64(pc) - int64(here()), int64(typ) - int64(here())}, nil
}

// value is the function.
func (f Function) value() (reflect.Value, error) {
	pc := uintptr(int64(here()) + f.Code)
	if fn := runtime.FuncForPC(pc); fn == nil || fn.Entry() != pc || fn.Name() != f.Name {
		return reflect.Value{}, fmt.Errorf("this executable has no function %s where the program has it", f.Name)
	}
	closure := &struct{ code uintptr }{pc} // of a function that captures nothing
	var v any
	*(*[2]unsafe.Pointer)(unsafe.Pointer(&v)) = [2]unsafe.Pointer{unsafe.Add(reach(), f.Type), unsafe.Pointer(closure)}
	return reflect.ValueOf(v), nil
}

// here is the address of Main.
func here() uintptr { return reflect.ValueOf(Main).Pointer() }

// reach is here as a pointer: what it is added to stays inside the executable.
func reach() unsafe.Pointer {
	at := here()
	return *(*unsafe.Pointer)(unsafe.Pointer(&at))
}

// image is the program's executable, read.
type image struct {
	data      []byte
	main, own uint64 // where main.main and Main are linked
	low, high uint64 // of what is loaded
}

// linked is where an address of the process was linked.
func (im *image) linked(p uintptr) uint64 { return uint64(p) - uint64(here()) + im.own }

// entryName is Main's symbol.
const entryName = "github.com/gocluster/gocluster/internal/unit/self.Main"

// read reads the executable, once, and makes the copy's main.main jump to Main.
var read = sync.OnceValues(func() (*image, error) {
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "linux" {
		name = "/proc/self/exe" // also if another one has taken its place
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("programs on %s cannot ship themselves yet: %w", runtime.GOOS, err)
	}
	im := &image{data: data, low: ^uint64(0)}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			im.low, im.high = min(im.low, p.Vaddr), max(im.high, p.Vaddr+p.Memsz)
		}
	}
	if err := im.find(f); err != nil {
		return nil, err
	}
	return im, im.divert(f)
})

// find looks up the two functions in the table that the runtime has of all.
func (im *image) find(f *elf.File) error {
	lines, text := f.Section(".gopclntab"), f.Section(".text")
	if lines == nil {
		lines = f.Section(".data.rel.ro.gopclntab")
	}
	if lines == nil || text == nil {
		return errors.New("the executable has no table of its functions")
	}
	raw, err := lines.Data()
	if err != nil {
		return err
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(raw, text.Addr))
	if err != nil {
		return fmt.Errorf("reading the table of the executable's functions: %w", err)
	}
	main, own := table.LookupFunc("main.main"), table.LookupFunc(entryName)
	if main == nil || own == nil || main.End-main.Entry < jump {
		return errors.New("the executable has no main.main that could be replaced")
	}
	im.main, im.own = main.Entry, own.Entry
	return nil
}

// jump is how many bytes a jump takes at most.
const jump = 5

// divert writes a jump to Main where main.main begins.
func (im *image) divert(f *elf.File) error {
	text := f.Section(".text")
	at := im.data[im.main-text.Addr+text.Offset:]
	by := int64(im.own) - int64(im.main)
	switch f.Machine {
	case elf.EM_X86_64:
		if by-jump != int64(int32(by-jump)) {
			return errors.New("the executable is too large")
		}
		at[0] = 0xE9 // JMP rel32
		binary.LittleEndian.PutUint32(at[1:], uint32(by-jump))
	case elf.EM_AARCH64:
		if by>>27 != by>>63 {
			return errors.New("the executable is too large")
		}
		binary.LittleEndian.PutUint32(at, 0x14000000|uint32(by/4)&0x3FFFFFF) // B
	default:
		return fmt.Errorf("programs for %s cannot ship themselves yet", runtime.GOARCH)
	}
	return nil
}

// Program returns the copy of the executable that engines run.
var Program = sync.OnceValues(func() (*proto.Object, error) {
	im, err := read()
	if err != nil {
		return nil, err
	}
	return &proto.Object{Hash: proto.HashOf(im.data), Data: im.data}, nil
})
