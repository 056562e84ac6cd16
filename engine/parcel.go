package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/parcel"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// Parcels are files that the machine is to have before it has any task. A host that comes starts its engines when it has all that there are; later it
// says of each that comes whether it is there, and leaves it to the controller what that means for tasks.

// The pauses before a parcel that could not be put in its place is tried again.
const (
	firstParcelPause = 2 * time.Second
	lastParcelPause  = 30 * time.Second
)

// parcels are the host's.
type parcels struct {
	list    []*placing
	news    chan struct{} // there may be something to be done
	fetches map[proto.Hash][]chan<- fetched
	waiting bool // the engines are started when all are there
}

// placing is a parcel and what has become of it.
type placing struct {
	proto.Parcel
	placed  proto.Placed
	known   bool
	next    time.Time // when it is tried again
	pause   time.Duration
	dropped context.CancelFunc
}

// there reports whether the machine has it.
func (p *placing) there() bool { return p.known && p.placed.Error == "" }

// fetched is an object that was asked for, or why it is not there.
type fetched struct {
	data []byte
	err  error
}

// setParcels takes the cluster's parcels, of which some may be known.
func (h *host) setParcels(all []proto.Parcel) {
	for _, p := range slices.Clone(h.parcels.list) {
		if !slices.ContainsFunc(all, func(q proto.Parcel) bool { return q.Version == p.Version }) {
			h.dropParcel(p.Version)
		}
	}
	h.place(&proto.Place{Parcels: all})
}

// place takes parcels that are to be put in their places, and forgets some.
func (h *host) place(m *proto.Place) {
	for _, v := range m.Drop {
		h.dropParcel(v)
	}
	for _, p := range m.Parcels {
		if !slices.ContainsFunc(h.parcels.list, func(q *placing) bool { return q.Version == p.Version }) {
			h.parcels.list = append(h.parcels.list, &placing{Parcel: p})
		}
	}
	h.parcelNews()
}

func (h *host) parcelNews() {
	select {
	case h.parcels.news <- struct{}{}:
	default:
	}
	if h.parcels.waiting && !slices.ContainsFunc(h.parcels.list, func(p *placing) bool { return !p.there() }) {
		h.parcels.waiting = false
		for _, s := range h.slots {
			h.startEngine(s)
		}
	}
}

func (h *host) dropParcel(version uint64) {
	h.parcels.list = slices.DeleteFunc(h.parcels.list, func(p *placing) bool {
		if p.Version == version && p.dropped != nil {
			p.dropped()
		}
		return p.Version == version
	})
}

// placedParcels is what the controller is told of those that are there.
func (h *host) placedParcels() (out []proto.Placed) {
	for _, p := range h.parcels.list {
		if p.there() {
			out = append(out, p.placed)
		}
	}
	return out
}

// keepPlacing puts parcels in their places, one after the other, until the host ends.
func (h *host) keepPlacing(ctx context.Context) error {
	for {
		p, wait := h.nextParcel(ctx)
		if p != nil {
			h.tryParcel(p)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-h.parcels.news:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
}

// parcelJob is a parcel that is being put in its place.
type parcelJob struct {
	p   *placing
	ctx context.Context
}

// nextParcel returns a parcel that is to be put in its place now, or how long there is none.
func (h *host) nextParcel(ctx context.Context) (job *parcelJob, wait time.Duration) {
	wait = time.Hour
	h.do(func() {
		for _, p := range h.parcels.list {
			d := time.Until(p.next)
			switch {
			case p.there():
			case d > 0:
				wait = min(wait, d)
			case job == nil:
				job = &parcelJob{p: p}
				job.ctx, p.dropped = context.WithCancel(ctx)
			}
		}
	})
	return job, wait
}

// tryParcel puts a parcel in its place, and tells what has become of it.
func (h *host) tryParcel(job *parcelJob) {
	p, begun := job.p, time.Now()
	defer p.dropped()
	placed, err := h.putParcel(job.ctx, p.Parcel)
	if job.ctx.Err() != nil {
		return // nobody wants it any more
	}
	placed.Version, placed.Took = p.Version, time.Since(begun)
	if err != nil {
		placed.Error = err.Error()
	}
	h.do(func() {
		news := !p.known || p.placed.Error != placed.Error
		p.placed, p.known = placed, true
		if err != nil {
			p.pause = min(max(2*p.pause, firstParcelPause), lastParcelPause)
			p.next = time.Now().Add(p.pause)
		}
		if news {
			h.tellPlaced(p)
		}
		h.parcelNews()
	})
}

// tellPlaced tells what has become of a parcel.
func (h *host) tellPlaced(p *placing) {
	placed := p.placed
	h.tell(&placed)
	if placed.Error == "" {
		h.cfg.Log.Info("put", "to", placed.To, "files", placed.Files, "bytes", placed.Bytes, "there", placed.There, "took", placed.Took)
		return
	}
	h.cfg.Log.Warn("what was put cannot be put here", "to", p.To, "err", placed.Error)
	if h.parcels.waiting && h.cfg.Failed != nil {
		h.cfg.Failed(proto.NoEngine, fmt.Sprintf("%s cannot be put here, and without it the engines are not started: %s", p.Name, placed.Error))
	}
}

// putParcel puts a parcel in its place, unless it is there.
func (h *host) putParcel(ctx context.Context, p proto.Parcel) (proto.Placed, error) {
	to, err := parcel.Here(p.To)
	if err != nil {
		return proto.Placed{To: p.To}, err
	}
	place, err := parcel.Open(ctx, to)
	if err != nil {
		return proto.Placed{To: to}, err
	}
	defer place.Close()
	if there, err := original(p, to); there || err != nil {
		return proto.Placed{To: to, There: there, Files: p.Files, Bytes: p.Bytes}, err
	}
	if r, ok := place.Holds(p.ID); ok {
		sum := r.Sum()
		return proto.Placed{To: to, There: true, Files: sum.Files, Bytes: sum.Bytes}, nil
	}
	list, err := h.fetch(ctx, p.ID)
	if err != nil {
		return proto.Placed{To: to}, err
	}
	parts, err := parcel.ParseParts(list)
	if err != nil {
		return proto.Placed{To: to}, err
	}
	r, err := parcel.Unpack(parcel.Reader(parts, h.ahead(ctx, parts)), to)
	if err != nil {
		return proto.Placed{To: to}, err
	}
	place.Note(p.ID, r)
	sum := r.Sum()
	return proto.Placed{To: to, Files: sum.Files, Bytes: sum.Bytes}, nil
}

// original reports whether what is in the place is what was put itself, because this machine sees the same file system.
func original(p proto.Parcel, to string) (bool, error) {
	info, ok := parcel.Origin{Path: p.Path, Inode: p.Inode, Time: p.Time}.Seen()
	if !ok {
		return false, nil
	}
	if there, err := os.Stat(to); err == nil && os.SameFile(there, info) {
		return true, nil
	}
	if info.IsDir() && parcel.Within(p.Path, to) {
		return false, fmt.Errorf("%s is inside of %s: give another place", to, p.Path)
	}
	return false, nil
}

// partsAhead is how many parts are asked for before they are needed.
const partsAhead = 3

// ahead returns a function that returns the parts in order, and asks for those that follow.
func (h *host) ahead(ctx context.Context, parts parcel.Parts) func(proto.Hash) ([]byte, error) {
	var asked []<-chan fetched
	rest := parts
	return func(proto.Hash) ([]byte, error) {
		for len(rest) > 0 && len(asked) < partsAhead {
			asked = append(asked, h.askFor(rest[0]))
			rest = rest[1:]
		}
		first := asked[0]
		asked = asked[1:]
		return awaitFetched(ctx, first)
	}
}

// fetch asks the controller for an object.
func (h *host) fetch(ctx context.Context, hash proto.Hash) ([]byte, error) {
	return awaitFetched(ctx, h.askFor(hash))
}

func awaitFetched(ctx context.Context, from <-chan fetched) ([]byte, error) {
	select {
	case f := <-from:
		return f.data, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (h *host) askFor(hash proto.Hash) <-chan fetched {
	answer := make(chan fetched, 1)
	h.do(func() {
		before := h.parcels.fetches[hash]
		h.parcels.fetches[hash] = append(before, answer)
		if len(before) == 0 {
			h.out.put(letter{m: &proto.NeedObject{Hash: hash}})
		}
	})
	return answer
}

// errNotThere is an object that the controller has not got.
var errNotThere = errors.New("the controller has not got all of it any more")

// fetchedObject hands an object to those who have asked for it, and reports whether there are any.
func (h *host) fetchedObject(m *proto.Object) bool {
	who := h.parcels.fetches[m.Hash]
	delete(h.parcels.fetches, m.Hash)
	f := fetched{data: m.Data}
	switch {
	case m.Missing:
		f.err = errNotThere
	case m.File != "" && h.shared != nil && len(who) > 0:
		f.data, f.err = os.ReadFile(filepath.Join(h.shared.Path(), m.File))
	case m.File != "":
		f.err = spool.ErrElsewhere
	}
	for _, answer := range who {
		answer <- f
	}
	return len(who) > 0
}
