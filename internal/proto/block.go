package proto

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// BlockKind says how a Block's elements lie in its bytes.
type BlockKind uint8

// The kinds of Block.
const (
	// BlockNone has N elements that carry no bytes: the results of functions that return nothing.
	BlockNone BlockKind = iota
	// BlockRange is N integers Start, Start+Step, Start+2*Step ...; it has no bytes.
	BlockRange
	// BlockFixed is N numbers of the machine type Elem, little-endian, one after the other.
	BlockFixed
	// BlockVar is N values in the codec's encoding, one after the other; Ends has N little-endian uint64, the offset
	// behind each element.
	BlockVar
)

// Elem names the machine type of a BlockFixed's elements.
type Elem uint8

// The machine types. Bools are one byte, 0 or 1; complex numbers are two floats, real part first.
const (
	ElemNone Elem = iota
	ElemInt8
	ElemInt16
	ElemInt32
	ElemInt64
	ElemUint8
	ElemUint16
	ElemUint32
	ElemUint64
	ElemFloat32
	ElemFloat64
	ElemBool
	ElemComplex64
	ElemComplex128
	elemCount
)

var elemSizes = [elemCount]int{0, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1, 8, 16}

// Size returns the bytes one element takes, 0 for ElemNone and unknown types.
func (e Elem) Size() int {
	if e >= elemCount {
		return 0
	}
	return elemSizes[e]
}

// Block is a list of values that can be cut anywhere without being decoded: a map's inputs, a chunk's results.
// Whoever cuts it (the controller) needs to know nothing of the values.
type Block struct {
	Kind  BlockKind
	Elem  Elem
	N     int
	Start int64
	Step  int64
	Data  []byte
	Ends  []byte
	// File names the file of Size bytes that has the bytes in place of Data, in a directory that both sides know: in a worker's result
	// its host's, in a Result the controller's spool directory. Only the results of a whole chunk without errors are files: such a
	// block is not cut.
	File string
	Size int
}

// size returns how many bytes Data has, or its file.
func (b Block) size() int {
	if b.File != "" {
		return b.Size
	}
	return len(b.Data)
}

// RangeBlock returns the block of n integers from start in steps of step.
func RangeBlock(start int64, n int, step int64) Block {
	return Block{Kind: BlockRange, N: n, Start: start, Step: step}
}

// Check reports what is wrong with a block that came from elsewhere; all other methods presume a checked block.
func (b Block) Check() error {
	switch b.Kind {
	case BlockNone, BlockRange:
		if b.N < 0 || len(b.Data)+len(b.Ends) > 0 || b.File != "" {
			return fmt.Errorf("%w: block of %d elements with %d bytes that should have none", ErrMalformed, b.N, len(b.Data))
		}
		return nil
	case BlockFixed:
		if b.N < 0 || b.Elem.Size() == 0 || b.size()/b.Elem.Size() != b.N || b.size()%b.Elem.Size() != 0 {
			return fmt.Errorf("%w: %d elements of type %d in %d bytes", ErrMalformed, b.N, b.Elem, b.size())
		}
		return nil
	case BlockVar:
		return b.checkEnds()
	}
	return fmt.Errorf("%w: block of unknown kind %d", ErrMalformed, b.Kind)
}

func (b Block) checkEnds() error {
	if b.N < 0 || len(b.Ends)/8 != b.N || len(b.Ends)%8 != 0 {
		return fmt.Errorf("%w: %d elements with %d bytes of offsets", ErrMalformed, b.N, len(b.Ends))
	}
	last := uint64(0)
	for i := range b.N {
		end := binary.LittleEndian.Uint64(b.Ends[8*i:])
		if end < last || end > uint64(b.size()) {
			return fmt.Errorf("%w: element %d of a block ends at byte %d", ErrMalformed, i, end)
		}
		last = end
	}
	if last != uint64(b.size()) {
		return fmt.Errorf("%w: %d bytes behind a block's last element", ErrMalformed, uint64(b.size())-last)
	}
	return nil
}

func (b Block) end(i int) int {
	if i == 0 {
		return 0
	}
	return int(binary.LittleEndian.Uint64(b.Ends[8*(i-1):]))
}

// At returns the bytes of element i of a BlockFixed or BlockVar, shared with the block.
func (b Block) At(i int) []byte {
	switch b.Kind {
	case BlockFixed:
		size := b.Elem.Size()
		return b.Data[i*size : (i+1)*size]
	case BlockVar:
		return b.Data[b.end(i):b.end(i+1)]
	}
	return nil
}

// Int returns element i of a BlockRange.
func (b Block) Int(i int) int64 { return b.Start + int64(i)*b.Step }

// Slice returns elements from to to-1 as a block of their own. The bytes are shared; a BlockVar's offsets are copied.
func (b Block) Slice(from, to int) Block {
	out := Block{Kind: b.Kind, Elem: b.Elem, N: to - from}
	switch b.Kind {
	case BlockRange:
		out.Start, out.Step = b.Int(from), b.Step
	case BlockFixed:
		size := b.Elem.Size()
		out.Data = b.Data[from*size : to*size]
	case BlockVar:
		base := b.end(from)
		out.Data = b.Data[base:b.end(to)]
		out.Ends = make([]byte, 8*out.N)
		for i := range out.N {
			binary.LittleEndian.PutUint64(out.Ends[8*i:], uint64(b.end(from+i+1)-base))
		}
	}
	return out
}

// Append adds one encoded element to a BlockVar (or to an empty Block, which becomes one).
func (b *Block) Append(data []byte) {
	b.Kind = BlockVar
	b.N++
	b.Data = append(b.Data, data...)
	b.Ends = binary.LittleEndian.AppendUint64(b.Ends, uint64(len(b.Data)))
}

// Bytes returns how many bytes the block's contents take, in memory or in its file.
func (b Block) Bytes() int { return b.size() + len(b.Ends) }

func (b *Block) fields(c *coder) {
	number(c, &b.Kind)
	number(c, &b.Elem)
	number(c, &b.N)
	switch b.Kind {
	case BlockNone:
	case BlockRange:
		number(c, &b.Start)
		number(c, &b.Step)
	default:
		c.bytes(&b.Ends)
		if c.rare(b.File != "") {
			c.text(&b.File)
			number(c, &b.Size)
		} else {
			c.bytes(&b.Data)
		}
	}
	if !c.writing && c.err == nil {
		c.err = b.Check()
	}
}

func eachBlock(c *coder, b *Block) { b.fields(c) }

// Join appends another block's elements, which must be of the same kind.
func (b *Block) Join(more Block) error {
	switch {
	case b.N == 0:
		*b = more
		return nil
	case b.Kind != more.Kind || b.Elem != more.Elem || b.Kind == BlockRange || b.File != "" || more.File != "":
		return fmt.Errorf("%w: blocks of kinds %d and %d do not go together", ErrMalformed, b.Kind, more.Kind)
	}
	behind := uint64(len(b.Data))
	b.Ends = slices.Clip(b.Ends) // what is appended to may be shared
	b.Data = append(b.Data[:behind:behind], more.Data...)
	for i := range more.N {
		if b.Kind == BlockVar {
			b.Ends = binary.LittleEndian.AppendUint64(b.Ends, behind+uint64(more.end(i+1)))
		}
	}
	b.N += more.N
	return nil
}
