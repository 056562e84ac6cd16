//go:build cgo && linux && (amd64 || arm64) && go1.26 && !go1.27

package load

import (
	_ "unsafe" // for linkname
)

// module is what the runtime keeps of a loaded module: the first fields of its moduledata, as of Go 1.26.
type module struct {
	pcHeader                                                   uintptr
	funcnametab, cutab, filetab, pctab, pclntable, ftab        [3]uintptr
	findfunctab, minpc, maxpc                                  uintptr
	text, etext, noptrdata, enoptrdata, data, edata, bss, ebss uintptr
	noptrbss, enoptrbss, covctrs, ecovctrs, end, gcdata, gcbss uintptr
	types, etypes, rodata, gofunc, epclntab                    uintptr
	textsectmap                                                [3]uintptr
	typelinks                                                  []int32 // offsets from types
	itablinks                                                  []*itab // the tables that its code refers to, its own or an earlier module's
	ptab                                                       [3]uintptr
	pluginpath                                                 string
	pkghashes, inittasks                                       [3]uintptr
	modulename                                                 string
	modulehashes                                               [3]uintptr
	hasmain, bad                                               bool
	gcdatamask, gcbssmask                                      [2]uintptr
	typemap                                                    map[int32]uintptr // by offset, the type to use: an earlier module's if that has it
}

//go:linkname last runtime.lastmoduledatap
var last *module

// kept holds on to what modules refer to.
var kept [][]int32

// thin takes from the module that was opened last the list entries of types that earlier modules have too. For each module that it opens
// the runtime goes through the lists of all before, to find types that are the same; with them the time to open a cell grows by 0.1 ms
// for each cell before. Nothing is lost: who looks for a type finds it in the earlier module.
func thin(path string) {
	m := last
	if m == nil || m.pluginpath != path || m.types >= m.etypes || len(m.typemap) == 0 || len(m.typemap) > len(m.typelinks) {
		return // not the module, or not the layout, that this is made for
	}
	own := make([]int32, 0, len(m.typelinks))
	for _, offset := range m.typelinks {
		if m.typemap[offset] == m.types+uintptr(offset) {
			own = append(own, offset)
		}
	}
	copy(own[len(own):cap(own)], m.typelinks[len(own):]) // what a reader sees who gets the new list with the old length
	kept = append(kept, own)
	m.typelinks = own
}
