//go:build cgo && linux && (amd64 || arm64) && go1.26 && !go1.27

package load

// #cgo LDFLAGS: -ldl
// #define _GNU_SOURCE
// #include <dlfcn.h>
// static void *itab_table(void) { return dlsym(RTLD_DEFAULT, "runtime.itabTable"); }
import "C"

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// itab is the runtime's method table of a type for an interface, as of Go 1.26. A value of an interface type with methods is a pointer
// to one and the data, and such values are the same only if their tables are.
type itab struct {
	inter, typ unsafe.Pointer
	hash       uint32 // the type's, which type switches look at
}

// table is the runtime's hash table of itabs: as many pointers to them follow as size says.
type table struct{ size, count uintptr }

// current is the runtime's variable. An executable that can open plugins shows them all that it has.
var current = sync.OnceValue(func() *unsafe.Pointer { return (*unsafe.Pointer)(C.itab_table()) })

// older finds another table of the same pair. The runtime's own search would do nearly always: it finds the one that was there first, but
// for some when its table has grown.
//
//go:nocheckptr
func older(mine *itab) *itab {
	t := (*table)(atomic.LoadPointer(current()))
	mask := t.size - 1
	at := uintptr(hash(mine.inter)^hash(mine.typ)) & mask
	for i := uintptr(1); ; i++ {
		entry := unsafe.Add(unsafe.Pointer(t), unsafe.Sizeof(*t)+at*unsafe.Sizeof(mine))
		switch other := (*itab)(atomic.LoadPointer((*unsafe.Pointer)(entry))); {
		case other == nil:
			return nil
		case other != mine && other.inter == mine.inter && other.typ == mine.typ:
			return other
		}
		at = (at + i) & mask
	}
}

var (
	// replaced are tables of modules that are not used, with those that are used in their place.
	replaced = map[*itab]*itab{}
	// nobody are interface types to which no value is ever converted.
	nobody []*descriptor
)

// unify makes the module that was opened last use the tables that the process has already. The compiler makes a table for each
// conversion that it sees, and the linker merges those of all modules; but the runtime makes one if reflection, a light cell or an
// assertion needs it before a module brings one, and then there would be two: two errors of one code would not be equal.
//
// None of the module's code has run yet, so all that refers to its tables are words that the dynamic linker wrote.
func unify() error {
	m := last
	if m == nil || m.types >= m.etypes {
		return nil
	}
	if current() == nil {
		return errors.New("the executable does not show where the runtime keeps the tables of interfaces' methods: build gocluster again, with CGO_ENABLED=1")
	}
	words, own := map[uintptr]uintptr{}, map[uintptr]uintptr{}
	for _, mine := range m.itablinks {
		first, known := replaced[mine]
		if !known {
			if first = older(mine); first == nil {
				continue
			}
			// The runtime's list keeps the table: under an interface that is nobody's it is never found.
			own[address(unsafe.Pointer(&mine.inter))] = address(disown(mine.inter))
			replaced[mine] = first
		}
		if first.hash != mine.hash { // made by the runtime, which leaves it out
			first.hash = mine.hash
		}
		words[address(unsafe.Pointer(mine))] = address(unsafe.Pointer(first))
	}
	if len(words) == 0 {
		return nil
	}
	at := address(unsafe.Pointer(unsafe.SliceData(m.itablinks)))
	if err := rewrite(at, words, own); err != nil {
		return fmt.Errorf("values of interface types made by it would not be equal to those that are there: %w", err)
	}
	return nil
}

// descriptor has room for an interface type's, of which only the hash is of interest.
type descriptor struct {
	_    [2]uintptr
	hash uint32
	_    [16]uintptr
}

// hash is that of a type.
func hash(typ unsafe.Pointer) uint32 {
	return *(*uint32)(unsafe.Add(typ, unsafe.Offsetof(descriptor{}.hash)))
}

// disown makes an interface type of the same hash as another, so that the runtime goes on looking for its table at the same place.
func disown(inter unsafe.Pointer) unsafe.Pointer {
	d := &descriptor{hash: hash(inter)}
	nobody = append(nobody, d)
	return unsafe.Pointer(d)
}

// rewrite changes words of a module, of which one is at the address at: those of certain values, and those at certain addresses.
//
//go:nocheckptr
func rewrite(at uintptr, values, places map[uintptr]uintptr) error {
	regions, err := regionsOf(at)
	if err != nil {
		return err
	}
	for _, r := range regions {
		words := unsafe.Slice((*uintptr)(pointer(r.from)), (r.to-r.from)/unsafe.Sizeof(at))
		found := map[int]uintptr{}
		for i, w := range words {
			if to, ok := values[w]; ok {
				found[i] = to
			}
		}
		for place, to := range places {
			if r.from <= place && place < r.to {
				found[int((place-r.from)/unsafe.Sizeof(at))] = to
			}
		}
		if err := r.write(words, found); err != nil {
			return err
		}
	}
	return nil
}

// region is memory that is mapped from a module's file.
type region struct {
	from, to uintptr
	writable bool
}

// write sets words of the region, also if the dynamic linker has made it read-only.
func (r region) write(words []uintptr, found map[int]uintptr) error {
	if len(found) == 0 {
		return nil
	}
	if err := r.protect(syscall.PROT_READ | syscall.PROT_WRITE); err != nil {
		return err
	}
	for i, to := range found {
		words[i] = to
	}
	return r.protect(syscall.PROT_READ)
}

// protect says what can be done with a region that is not writable by itself.
//
//go:nocheckptr
func (r region) protect(prot int) error {
	if r.writable {
		return nil
	}
	return os.NewSyscallError("mprotect", syscall.Mprotect(unsafe.Slice((*byte)(pointer(r.from)), r.to-r.from), prot))
}

// regionsOf finds the data of the module to which an address belongs: what the dynamic linker wrote to is there.
func regionsOf(at uintptr) ([]region, error) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	byFile, file := map[string][]region{}, "" // by device and inode
	for line := range strings.Lines(string(maps)) {
		f := strings.Fields(line) // addresses, access, offset, device, inode, name
		if len(f) < 6 || f[1][0] != 'r' || f[1][2] == 'x' {
			continue
		}
		first, end, _ := strings.Cut(f[0], "-")
		from, err1 := strconv.ParseUint(first, 16, 64)
		to, err2 := strconv.ParseUint(end, 16, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("/proc/self/maps: %w", err)
		}
		id := f[3] + " " + f[4]
		r := region{uintptr(from), uintptr(to), f[1][1] == 'w'}
		if byFile[id] = append(byFile[id], r); r.from <= at && at < r.to {
			file = id
		}
	}
	if file == "" {
		return nil, errors.New("/proc/self/maps does not tell where its data is")
	}
	return byFile[file], nil
}

func address(p unsafe.Pointer) uintptr { return uintptr(p) }

// pointer is for memory that the garbage collector does not manage.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }
