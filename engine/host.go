package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// earlyLimit bounds how many attempts are remembered that were taken back before they came.
const earlyLimit = 10_000

// host is the state of an engine host. Whoever has something to change does so through do: no goroutine stands between the controller's
// messages and the programs that they are for.
type host struct {
	cfg    Config
	info   proto.HostInfo
	group  *group.Group
	link   link.End
	out    *outbox
	starts chan struct{} // bounds how many workers start at the same time

	mu     sync.Mutex
	linked bool     // link is there
	before []func() // what came before it was
	ended  bool
	over   chan struct{} // closed with ended
	// complete is sent to when all engines are there.
	complete chan struct{}
	err      error // why, once ended
	welcome  bool  // the first Registered has been there

	environment proto.Environment // what workers run before anything else, version 0: nothing

	slots    []*slot
	byID     map[proto.EngineID]*slot
	byKey    map[key]*attempt // queued and running
	objects  *objects
	wanted   map[proto.Hash][]*attempt // who waits for an object that was asked for
	early    map[key]bool              // taken back before they came: the two connections have no order between them
	ready    int                       // engines whose first worker is there
	shared   *spool.Dir                // the controller's directory of large values, nil where it is on another machine
	files    *spool.Dir                // our own for the workers, nil if there is none
	fresh    []*attempt                // began a moment ago
	report   *time.Timer               // when the controller is told of those
	moved    map[key]proto.TaskAt      // how far attempts are since the controller was told
	telling  *time.Timer               // when it is told that
	programs *programs
	parcels  parcels
	runs     map[proto.JobID]*remote
	cells    *cells
	leaving  leaving
}

// Run is an engine host's life. It returns nil when the controller has told the host to stop, and otherwise why it ended: the
// controller cannot be reached, refuses the host or is gone for good, or ctx has ended. No worker is left then.
func Run(ctx context.Context, cfg Config) error {
	cfg, err := cfg.checked()
	if err != nil {
		return err
	}
	h := &host{
		cfg: cfg, info: describe(cfg), group: group.New(ctx), out: newOutbox(),
		over: make(chan struct{}), complete: make(chan struct{}, 1), starts: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		byID: map[proto.EngineID]*slot{}, byKey: map[key]*attempt{}, objects: newObjects(cfg.ObjectBytes, overflow(cfg)), programs: newPrograms(cfg.Programs),
		wanted: map[proto.Hash][]*attempt{}, early: map[key]bool{}, moved: map[key]proto.TaskAt{},
		runs: map[proto.JobID]*remote{}, parcels: parcels{news: make(chan struct{}, 1), fetches: map[proto.Hash][]chan<- fetched{}},
	}
	for i, id := range cfg.IDs {
		h.slots = append(h.slots, &slot{index: i, id: id, work: make(chan *attempt, 1)})
	}
	h.cells = newCells(h.programs, func(m proto.Message) { h.out.put(letter{m: m}) })
	h.report, h.telling = time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	defer h.report.Stop()
	defer h.telling.Stop()
	h.leaving.timer = time.NewTimer(time.Hour)
	defer h.leaving.timer.Stop()
	if h.link, err = cfg.Dial(ctx, linkHandler{h}); err != nil {
		return errors.Join(err, h.group.Stop())
	}
	if h.files, err = spool.Make(""); err != nil {
		h.cfg.Log.Info("workers are sent large values through pipes", "err", err)
	}
	h.out.to, h.out.flush = h.link.SendHeld, h.link.Flush
	_ = h.group.Go("send", func(ctx context.Context) error { return h.out.pump(ctx, h.link, h.unsent) })
	h.begin()
	_ = h.group.Go("parcels", h.keepPlacing)
	why := h.watch()
	panicked := h.group.Stop()
	_ = h.link.Close(reason(why)) // the controller, if it is there at all, sees the connection end
	return errors.Join(why, panicked, h.objects.disk.Close(), h.files.Close())
}

// overflow is where objects go that have no room in memory.
func overflow(cfg Config) *spool.Overflow {
	if cfg.Spill == "" {
		return nil
	}
	return spool.NewOverflow(cfg.Spill, cfg.SpillBytes)
}

func reason(why error) string {
	if why == nil {
		return "the engine host was told to stop"
	}
	return why.Error()
}

// begin does what came on the link before the host was there.
func (h *host) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.linked = true
	for _, f := range h.before {
		f()
	}
	h.before = nil
	h.out.release()
}

// watch does what is done from time to time, until the host has ended.
func (h *host) watch() error {
	stats := time.NewTicker(h.cfg.Stats)
	defer stats.Stop()
	ctx := h.group.Context()
	for {
		select {
		case <-h.over:
			return h.err
		case <-h.report.C:
			h.do(h.reportBegun)
		case <-h.telling.C:
			h.do(h.reportMoved)
		case <-stats.C:
			h.sendStats()
		case <-h.complete:
			h.sendStats()
		case why := <-h.cfg.Leave:
			h.do(func() { h.startLeaving(why) })
		case <-h.leaving.timer.C:
			h.do(h.leaveOn)
		case <-ctx.Done():
			h.do(func() { h.end(nil) })
			return fmt.Errorf("the engine host ends: %w", context.Cause(ctx))
		}
	}
}

// do runs f, which may change the host's state and must neither wait nor call do. It does nothing once the host has ended.
func (h *host) do(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ended:
	case !h.linked:
		h.before = append(h.before, f)
	default:
		f()
		h.out.release()
	}
}

func (h *host) end(err error) {
	if !h.ended {
		h.ended, h.err = true, err
		close(h.over)
	}
}

// linkHandler takes what happens on the link.
type linkHandler struct{ h *host }

func (l linkHandler) Up(w proto.Welcome) {
	// Where the directory cannot be joined, all goes through the connection.
	shared, _ := spool.Join(w.Spool, w.Proof)
	l.h.do(func() {
		l.h.shared = shared
		l.h.register()
	})
}

func (l linkHandler) Down(err error, final bool) {
	l.h.do(func() {
		l.h.out.shut()
		l.h.killRuns()
		if final && errors.Is(err, link.ErrRefused) {
			l.h.end(err)
			return
		}
		if final {
			l.h.end(fmt.Errorf("the controller is gone: %w", orClosed(err)))
			return
		}
		l.h.cfg.Log.Warn("the connection to the controller is down, reconnecting", "err", err)
	})
}

func orClosed(err error) error {
	if err == nil {
		return errors.New("it closed the connection")
	}
	return err
}

func (l linkHandler) Message(m proto.Message) {
	h := l.h
	switch m := m.(type) {
	case *proto.Registered:
		h.do(func() { h.registered(m) })
	case *proto.Assign:
		h.do(func() { h.assign(m) })
	case *proto.Object:
		// The hash is checked here, in the reader's goroutine: for a large object it takes a while.
		intact := m.Missing || m.File != "" || proto.HashOf(m.Data) == m.Hash
		h.do(func() { h.object(m, intact) })
	case *proto.Revoke:
		h.do(func() { h.revoke(m) })
	case *proto.Stop:
		h.do(func() { h.stop(m) })
	case *proto.ProfileRequest:
		// A host that ends has nothing to say.
		_ = h.group.Go("profile", func(ctx context.Context) error {
			_ = h.link.SendWait(ctx, &proto.Profiles{Seq: m.Seq, List: h.watchAll(ctx, m.For)})
			return nil
		})
	case *proto.Environment:
		h.do(func() { h.setEnvironment(*m) })
	case *proto.Place:
		h.do(func() { h.place(m) })
	case *proto.Run:
		h.do(func() { h.runProgram(m) })
	case *proto.RunData:
		h.do(func() { h.runData(m) })
	case *proto.RunEnd:
		h.do(func() {
			if r := h.runs[m.ID]; r != nil {
				r.cancel()
			}
		})
	case *proto.CellMakers:
		h.cells.setMakers(*m)
	case *proto.Cell:
		h.cells.take(m)
	default:
		h.cfg.Log.Warn("a message that is not for engine hosts", "type", fmt.Sprintf("%T", m))
	}
}

// register says who we are and what we have; it is the first message on every connection.
func (h *host) register() {
	h.out.shut()
	m := &proto.Register{Info: h.info, Held: h.out.held(), Now: time.Now(), Placed: h.placedParcels()}
	if !h.cfg.Leaves.IsZero() {
		m.Leaves, m.Ends = max(1, time.Until(h.cfg.Leaves)), max(1, time.Until(h.cfg.Ends))
	}
	for _, s := range h.slots {
		info := proto.EngineInfo{ID: s.id}
		if s.told {
			info.PID = s.pid
		}
		m.Engines = append(m.Engines, info)
	}
	for k, a := range h.byKey {
		m.Held = append(m.Held, proto.Held{Task: k.task, Attempt: k.attempt, Engine: a.slot.id})
	}
	h.tell(m)
}

// tell sends a control message. One that cannot be sent is one whose connection has broken; the next registration makes up for it.
func (h *host) tell(m proto.Message) {
	if err := h.link.Send(m); err != nil {
		h.cfg.Log.Info("not sent", "message", fmt.Sprintf("%T", m), "err", err)
	}
}

// unsent looks after a data message that could not be sent. A result that is too big for a link would never be; its elements fail.
func (h *host) unsent(m proto.Message, err error) {
	h.cfg.Log.Info("not sent", "message", fmt.Sprintf("%T", m), "err", err)
	done, ok := m.(*proto.TaskDone)
	if !ok || !errors.Is(err, link.ErrTooBig) {
		return
	}
	c := done.Chunk
	why := proto.Errorf(proto.KindValue, "the result is too big to be sent: %v", err)
	small := failed(&Task{Task: proto.Task{First: c.First, N: c.N, Engine: c.Engine}}, why)
	c.Outputs, c.Types, c.Errors = nil, nil, small.Errors
	k := key{done.Task, done.Attempt}
	h.out.replace(letter{key: k, engine: c.Engine, m: &proto.TaskDone{Task: k.task, Attempt: k.attempt, Chunk: c}})
}

// registered takes the engines' ids, starts the engines the first time, and goes on where the last connection broke.
func (h *host) registered(m *proto.Registered) {
	if len(m.Engines) != len(h.slots) {
		h.end(fmt.Errorf("the controller gave %d ids to %d engines", len(m.Engines), len(h.slots)))
		return
	}
	drop := map[key]bool{}
	for _, d := range m.Drop {
		drop[key{d.Task, d.Attempt}] = true
	}
	for k := range drop {
		h.takeBack(k, false)
	}
	h.out.reopen(drop)
	if h.shared != nil {
		h.out.put(letter{m: &proto.Local{Answer: h.shared.Answer()}})
	}
	clear(h.byID)
	for i, s := range h.slots {
		s.id = m.Engines[i]
		h.byID[s.id] = s
	}
	h.cells.setMakers(m.CellMakers)
	h.cells.again()
	h.setEnvironment(m.Environment)
	for hash := range h.wanted {
		h.out.put(letter{m: &proto.NeedObject{Hash: hash}})
	}
	for hash := range h.parcels.fetches {
		h.out.put(letter{m: &proto.NeedObject{Hash: hash}})
	}
	if h.welcome {
		h.setParcels(m.Parcels)
		h.cfg.Log.Info("connected again", "engines", len(h.slots))
		return
	}
	h.welcome = true
	h.cfg.Log.Info("registered", "engines", m.Engines)
	if h.cfg.Registered != nil {
		h.cfg.Registered(m.Engines)
	}
	h.parcels.waiting = true
	h.setParcels(m.Parcels)
}

// stop ends the engines listed, or the whole host.
func (h *host) stop(m *proto.Stop) {
	if len(m.Engines) == 0 {
		h.cfg.Log.Info("told to stop", "reason", m.Reason)
		h.end(nil)
		return
	}
	for _, id := range m.Engines {
		if s := h.byID[id]; s != nil {
			h.removeEngine(s, m.Reason)
		}
	}
	if len(h.slots) == 0 {
		h.end(nil)
	}
}
