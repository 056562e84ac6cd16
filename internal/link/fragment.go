package link

import (
	"fmt"

	"github.com/gocluster/gocluster/internal/proto"
)

// Sizes of what goes over a connection at once.
const (
	// fragmentSize is the size above which a message is cut, and that of its pieces.
	fragmentSize = 1 << 20
	// fragmentFrames is the number of frames above which a message is cut.
	fragmentFrames = 64
	// maxOpen bounds the messages that may be half received at a time. A sender has two at most: one that waits for room
	// piece by piece, and one that was queued as a whole in between; and one that it gave up.
	maxOpen = 4
	// maxFrames bounds the frames of a fragmented message, maxEager what is allocated for one before its bytes are there.
	maxFrames = 64 << 10
	maxEager  = 128 << 20
)

// sizeOf returns the bytes of a message.
func sizeOf(frames [][]byte) (n uint64) {
	for _, f := range frames {
		n += uint64(len(f))
	}
	return n
}

func fits(frames [][]byte) bool {
	return len(frames) <= fragmentFrames && sizeOf(frames) <= fragmentSize
}

// cut returns the pieces of a message. They share its memory.
func cut(number uint64, frames [][]byte) []*proto.Fragment {
	first := &proto.Fragment{Message: number, Sizes: make([]uint64, len(frames))}
	pieces := []*proto.Fragment{first}
	for i, f := range frames {
		first.Sizes[i] = uint64(len(f))
		for len(f) > 0 {
			last := pieces[len(pieces)-1]
			n := min(len(f), fragmentSize)
			if last.Part == nil {
				last.Part = f[:n:n]
			} else {
				pieces = append(pieces, &proto.Fragment{Message: number, Part: f[:n:n]})
			}
			f = f[n:]
		}
	}
	return pieces
}

// assembler puts the pieces of messages together again, within limits.
type assembler struct {
	max  uint64 // bytes of all messages that are half there
	held uint64 // bytes announced by them
	open map[uint64]*partial
}

// partial is a message of which some pieces are there.
type partial struct {
	sizes  []uint64
	total  uint64
	frames [][]byte
}

// add takes a piece; it returns the message's frames when they are complete, and nil before.
func (a *assembler) add(f *proto.Fragment) ([][]byte, error) {
	p := a.open[f.Message]
	switch {
	case p == nil:
		var err error
		if p, err = a.begin(f); err != nil {
			return nil, err
		}
	case len(f.Sizes) > 0:
		return nil, fmt.Errorf("%w: message %d begins twice", proto.ErrMalformed, f.Message)
	case len(f.Part) == 0:
		a.end(f.Message, p)
		return nil, nil
	}
	if rest := p.append(f.Part); rest > 0 {
		return nil, fmt.Errorf("%w: message %d has %d bytes more than announced", proto.ErrMalformed, f.Message, rest)
	}
	if !p.complete() {
		return nil, nil
	}
	a.end(f.Message, p)
	return p.frames, nil
}

func (a *assembler) begin(f *proto.Fragment) (*partial, error) {
	if len(f.Sizes) == 0 {
		return nil, fmt.Errorf("%w: a piece of message %d, which has not begun", proto.ErrMalformed, f.Message)
	}
	p := &partial{sizes: f.Sizes}
	for _, n := range f.Sizes {
		if n > a.max || p.total+n > a.max-a.held {
			return nil, fmt.Errorf("%w: messages of more than %d bytes at once", ErrTooBig, a.max)
		}
		p.total += n
	}
	if len(a.open) >= maxOpen || len(f.Sizes) > maxFrames {
		return nil, fmt.Errorf("%w: %d messages are half sent, this one has %d frames", proto.ErrMalformed, len(a.open), len(f.Sizes))
	}
	if a.open == nil {
		a.open = map[uint64]*partial{}
	}
	a.open[f.Message] = p
	a.held += p.total
	return p, nil
}

func (a *assembler) end(number uint64, p *partial) {
	delete(a.open, number)
	a.held -= p.total
}

// append adds bytes where they belong and returns how many are too many.
func (p *partial) append(part []byte) int {
	for {
		if n := len(p.frames); n > 0 && uint64(len(p.frames[n-1])) < p.sizes[n-1] {
			last := &p.frames[n-1]
			k := min(uint64(len(part)), p.sizes[n-1]-uint64(len(*last)))
			*last = append(grow(*last, k, p.sizes[n-1]), part[:k]...)
			part = part[k:]
			if uint64(len(*last)) < p.sizes[n-1] {
				return 0
			}
		}
		if len(p.frames) == len(p.sizes) {
			return len(part)
		}
		if len(part) == 0 && p.sizes[len(p.frames)] > 0 {
			return 0
		}
		p.frames = append(p.frames, []byte{})
	}
}

// grow makes room for k more bytes in a frame that is to have size bytes in the end: at once as far as that is reasonable, and then
// by and by, so that an announcement alone costs little.
func grow(frame []byte, k, size uint64) []byte {
	need := uint64(len(frame)) + k
	if need <= uint64(cap(frame)) {
		return frame
	}
	bigger := make([]byte, 0, min(size, max(maxEager, 4*need)))
	// In steps: the runtime cannot stop a goroutine within a copy, and would hold up all others for as long.
	for len(frame) > 0 {
		n := min(len(frame), fragmentSize)
		bigger = append(bigger, frame[:n]...)
		frame = frame[n:]
	}
	return bigger
}

func (p *partial) complete() bool {
	n := len(p.sizes)
	return len(p.frames) == n && uint64(len(p.frames[n-1])) == p.sizes[n-1]
}
