package launch

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// order is what a process is to do.
type order struct {
	// Dir is the profile's folder, Name its name and Settings what counts as its settings.
	Dir      string
	Name     string
	Settings profiles.Settings
	// Temporary asks the controller to remove the folder if it finds its parent dead.
	Temporary bool
	// The rest is for engine hosts and for the supervisor.
	N      int
	Set    string
	Part   int
	Rank   int
	Peer   string
	IDs    []proto.EngineID
	Around surroundings
	// Controller asks an outpost for a controller, in place of an engine host.
	Controller bool
	// Conn, for engine hosts on other machines, stands in the place of the profile, Restart says whether they are started again.
	Conn    *profiles.ConnFile
	Restart profiles.Restart
	// Leave is when an engine host begins nothing more, and End when it is cut off; zero: it stays.
	Leave, End time.Time
	// Argv is the command of a starter.
	Argv []string `json:",omitempty"`
}

func (o order) profile() *profiles.Profile {
	return &profiles.Profile{Name: o.Name, Dir: o.Dir, Settings: o.Settings}
}

// event is the kind of a report.
type event string

// The events of a process's life that its parent is told.
const (
	listening  event = "listening"  // a controller: Cluster and Addr
	registered event = "registered" // an engine host: Engines
	ready      event = "ready"      // an engine host, a supervisor: Engines
	notice     event = "notice"     // Text is for people
	failed     event = "failed"     // Text is the error
)

// report is what a process tells its parent.
type report struct {
	Event   event
	Text    string           `json:",omitempty"`
	Cluster string           `json:",omitempty"`
	Addr    string           `json:",omitempty"`
	Engines []proto.EngineID `json:",omitempty"`
	Missing []string         `json:",omitempty"`
	Coming  int              `json:",omitempty"`
	Waiting []string         `json:",omitempty"`
}

// peerText and parsePeer bring a PeerID through an order.
func peerText(p proto.PeerID) string { return hex.EncodeToString(p[:]) }

func parsePeer(text string) (p proto.PeerID, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(p) {
		return p, fmt.Errorf("%q is no peer id", text)
	}
	return proto.PeerID(b), nil
}

// reporter tells the parent.
type reporter struct {
	mu  sync.Mutex
	out *os.File
}

// report tells the parent something. A parent that is dead is noticed by the lifeline.
func (r *reporter) report(x report) {
	line, err := json.Marshal(x)
	if err != nil {
		return // texts and numbers
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = r.out.Write(append(line, '\n'))
}

// close tells the parent that nothing follows.
func (r *reporter) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.out.Close()
}

// obey is the life of a process that has a parent: it reads the order, does it, and reports how it failed.
func obey(ctx context.Context, untilEOF bool, do func(ctx context.Context, o order, r *reporter) error) int {
	// A parent that has died must not kill us by its broken pipe before we have cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	r := &reporter{out: os.Stdout}
	err := follow(ctx, untilEOF, r, do)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	r.report(report{Event: failed, Text: err.Error()})
	return 1
}

func follow(ctx context.Context, untilEOF bool, r *reporter, do func(context.Context, order, *reporter) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g := group.New(ctx)
	in := bufio.NewReader(os.Stdin)
	orders := make(chan order, 1)
	// The reader ends with the input, or with the process: nothing waits for it.
	err := g.Go("orders", func(context.Context) error {
		defer close(orders)
		o, err := readOrder(in)
		if err != nil {
			return err
		}
		orders <- o
		if untilEOF {
			_, _ = io.Copy(io.Discard, in)
			cancel()
		}
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case o, ok := <-orders:
		if !ok {
			return context.Cause(g.Context())
		}
		return do(ctx, o, r)
	case <-ctx.Done():
		return nil
	}
}

func readOrder(in *bufio.Reader) (o order, err error) {
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o)
	}
	if err != nil {
		return o, fmt.Errorf("this process is started by gocluster, not by hand: it got no order (%w)", err)
	}
	return o, nil
}
