package link

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// channel is one of the two connections of a link: messages over ZMTP.
type channel struct {
	z     *zmtp.Peer
	which proto.Channel
	max   uint64 // bytes of a message

	number atomic.Uint64 // of the last fragmented message
	big    chan struct{} // has a token while nobody sends a message piece by piece
	in     assembler     // of the reader
	dec    proto.Decoder // of the reader
}

func newChannel(which proto.Channel, max uint64) *channel {
	c := &channel{which: which, max: max, big: make(chan struct{}, 1), in: assembler{max: 2 * max}}
	c.big <- struct{}{}
	return c
}

// encode returns a message's frames, or that it is too big.
func (c *channel) encode(m proto.Message) ([][]byte, error) {
	frames := proto.Encode(m)
	if n := sizeOf(frames); n > c.max || len(frames) > maxFrames {
		return nil, fmt.Errorf("%w: %T of %d bytes in %d frames, the limit is %d bytes and %d frames: send it in several parts",
			ErrTooBig, m, n, len(frames), c.max, maxFrames)
	}
	return frames, nil
}

// send queues a message as a whole and never blocks.
func (c *channel) send(m proto.Message) error {
	packed, err := c.z.Gather(func(pack []byte) ([]byte, bool) { return proto.AppendPacked(pack, m) })
	if packed || err != nil {
		return err
	}
	return c.sendFrames(m, c.z.Send)
}

// sendFrames queues a message with put, or as fragments.
func (c *channel) sendFrames(m proto.Message, put func([][]byte) error) error {
	frames, err := c.encode(m)
	if err != nil {
		return err
	}
	if fits(frames) {
		return put(frames)
	}
	pieces := cut(c.number.Add(1), frames)
	batch := make([][][]byte, len(pieces))
	for i, f := range pieces {
		batch[i] = proto.Encode(f)
	}
	return c.z.SendBatch(batch)
}

// sendHeld queues a message that waits, if it is not very large, for another or for flush.
func (c *channel) sendHeld(m proto.Message) error {
	packed, err := c.z.GatherHeld(func(pack []byte) ([]byte, bool) { return proto.AppendPacked(pack, m) })
	if packed || err != nil {
		return err
	}
	return c.sendFrames(m, c.z.Hold)
}

// sendWait queues a message, waiting for room. A big one is queued piece by piece, so that what others send passes in between.
func (c *channel) sendWait(ctx context.Context, m proto.Message) error {
	packed, err := c.z.GatherWait(ctx, func(pack []byte) ([]byte, bool) { return proto.AppendPacked(pack, m) })
	if packed || err != nil {
		return err
	}
	frames, err := c.encode(m)
	if err != nil {
		return err
	}
	if fits(frames) {
		return c.z.SendWait(ctx, frames)
	}
	select {
	case <-c.big:
	case <-c.z.Done():
		return ErrDown
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { c.big <- struct{}{} }()
	return c.sendPieces(ctx, cut(c.number.Add(1), frames))
}

func (c *channel) sendPieces(ctx context.Context, pieces []*proto.Fragment) error {
	for i, f := range pieces {
		err := c.z.SendWait(ctx, proto.Encode(f))
		if err == nil {
			continue
		}
		if i > 0 && ctx.Err() != nil {
			// The other side must not keep what is never completed. If this fails the connection has ended anyway.
			_ = c.z.SendAnyway(proto.Encode(&proto.Fragment{Message: f.Message}))
		}
		return err
	}
	return nil
}

// decode turns frames into a message; nil when it is a piece of one that is not complete.
func (c *channel) decode(frames [][]byte) (proto.Message, error) {
	m, err := c.dec.Decode(frames)
	f, ok := m.(*proto.Fragment)
	if err != nil || !ok {
		return m, err
	}
	whole, err := c.in.add(f)
	if whole == nil || err != nil {
		return nil, err
	}
	m, err = c.dec.Decode(whole)
	if _, again := m.(*proto.Fragment); again {
		return nil, fmt.Errorf("%w: a fragment in fragments", proto.ErrMalformed)
	}
	return m, err
}
