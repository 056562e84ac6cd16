package link

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
)

// content returns n bytes that tell their places.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func TestWhatIsCutComesTogether(t *testing.T) {
	for _, sizes := range [][]int{
		{fragmentSize + 1}, {0, fragmentSize, 1}, {5 * fragmentSize}, {10, 3*fragmentSize - 10, 0}, {0, 0, 0},
		{fragmentSize, fragmentSize, fragmentSize}, {fragmentSize + 1, 0, 0, 7}, make([]int, 1000),
	} {
		var frames [][]byte
		for _, n := range sizes {
			frames = append(frames, content(n))
		}
		a := assembler{max: 100 << 20}
		var whole [][]byte
		for _, piece := range cut(1, frames) {
			if len(piece.Part) > fragmentSize {
				t.Errorf("a piece has %d bytes", len(piece.Part))
			}
			if whole != nil {
				t.Errorf("%v: complete before the last piece", sizes)
			}
			var err error
			if whole, err = a.add(piece); err != nil {
				t.Fatalf("%v: %v", sizes, err)
			}
		}
		if fmt.Sprint(lens(whole)) != fmt.Sprint(sizes) || !bytes.Equal(bytes.Join(whole, nil), bytes.Join(frames, nil)) {
			t.Errorf("got frames of %v bytes, want %v", lens(whole), sizes)
		}
		if a.held != 0 || len(a.open) != 0 {
			t.Errorf("%d bytes, %d messages are held", a.held, len(a.open))
		}
	}
}

func lens(frames [][]byte) []int {
	out := make([]int, len(frames))
	for i, f := range frames {
		out[i] = len(f)
	}
	return out
}

func TestPiecesOfSeveralMessagesMayBeMixed(t *testing.T) {
	a := assembler{max: 100 << 20}
	messages := [][]*proto.Fragment{cut(1, [][]byte{content(5 << 20)}), cut(2, [][]byte{content(3 << 20), content(9)}), cut(3, [][]byte{content(2 << 20)})}
	done := map[int][]int{}
	for len(messages[0])+len(messages[1])+len(messages[2]) > 0 {
		i := rand.IntN(3)
		if len(messages[i]) == 0 {
			continue
		}
		whole, err := a.add(messages[i][0])
		if err != nil {
			t.Fatal(err)
		}
		messages[i] = messages[i][1:]
		if whole != nil {
			done[i] = lens(whole)
		}
	}
	if got, want := fmt.Sprint(done), fmt.Sprint(map[int][]int{0: {5 << 20}, 1: {3 << 20, 9}, 2: {2 << 20}}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBadPiecesAreRefused(t *testing.T) {
	piece := func(n uint64, part string, sizes ...uint64) *proto.Fragment {
		return &proto.Fragment{Message: n, Sizes: sizes, Part: []byte(part)}
	}
	for name, c := range map[string]struct {
		pieces []*proto.Fragment
		want   error
	}{
		"an end without a beginning":    {[]*proto.Fragment{piece(1, "x")}, proto.ErrMalformed},
		"two beginnings":                {[]*proto.Fragment{piece(1, "x", 5), piece(1, "x", 5)}, proto.ErrMalformed},
		"more than announced":           {[]*proto.Fragment{piece(1, "x", 2), piece(1, "yz")}, proto.ErrMalformed},
		"2^62 bytes":                    {[]*proto.Fragment{piece(1, "x", 1<<62)}, ErrTooBig},
		"sizes that overflow":           {[]*proto.Fragment{piece(1, "x", 1<<20, 1<<64-1<<20)}, ErrTooBig},
		"too much at once":              {[]*proto.Fragment{piece(1, "x", 60<<20), piece(2, "x", 60<<20)}, ErrTooBig},
		"too many at once":              {[]*proto.Fragment{piece(1, "x", 9), piece(2, "x", 9), piece(3, "x", 9), piece(4, "x", 9), piece(5, "x", 9)}, proto.ErrMalformed},
		"too many frames":               {[]*proto.Fragment{piece(1, "", make([]uint64, maxFrames+1)...)}, proto.ErrMalformed},
		"a message given up, continued": {[]*proto.Fragment{piece(1, "x", 9), piece(1, ""), piece(1, "y")}, proto.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			a := assembler{max: 100 << 20}
			var err error
			for i, p := range c.pieces {
				if err != nil {
					t.Fatalf("piece %d: %v", i-1, err)
				}
				_, err = a.add(p)
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestAnAnnouncementAloneCostsLittle(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := assembler{max: 64 << 30}
	if _, err := a.add(&proto.Fragment{Message: 1, Sizes: []uint64{32 << 30}, Part: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > maxEager+1<<20 {
		t.Errorf("%d MB were allocated for a byte", got>>20)
	}
}

func TestAMessageGivenUpIsForgotten(t *testing.T) {
	a := assembler{max: 100 << 20}
	for i := range uint64(10) {
		for _, p := range []*proto.Fragment{{Message: i, Sizes: []uint64{90 << 20}, Part: []byte("x")}, {Message: i}} {
			if whole, err := a.add(p); whole != nil || err != nil {
				t.Fatalf("message %d: got %v, %v", i, whole, err)
			}
		}
	}
	if a.held != 0 {
		t.Errorf("%d bytes are held", a.held)
	}
}

// Whatever pieces come, the assembler holds no more than it may and never gives out anything but what was announced.
func FuzzPieces(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0, 1, 0, 2, 1, 0, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		a := assembler{max: 1000}
		for len(data) >= 4 {
			p := &proto.Fragment{Message: uint64(data[0] % 6)}
			for range data[1] % 4 {
				p.Sizes = append(p.Sizes, uint64(data[2])*3)
			}
			n := min(int(data[3]), len(data)-4)
			p.Part, data = data[4:4+n], data[4+n:]
			var sizes []uint64
			if open := a.open[p.Message]; open != nil {
				sizes = open.sizes
			} else {
				sizes = p.Sizes
			}
			whole, err := a.add(p)
			if err != nil {
				return
			}
			if whole != nil && fmt.Sprint(lens(whole)) != fmt.Sprint(sizes) {
				t.Fatalf("got frames of %v bytes, %v were announced", lens(whole), sizes)
			}
			if a.held > a.max || len(a.open) > maxOpen {
				t.Fatalf("%d bytes of %d messages are held", a.held, len(a.open))
			}
		}
	})
}
