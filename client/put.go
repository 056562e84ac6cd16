package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/parcel"
	"github.com/gocluster/gocluster/internal/proto"
)

// Copied is a machine's copy of what was put.
type Copied struct {
	Machine string
	// To is its path there.
	To    string
	Files int
	Bytes int64
	// There says that the machine had it as it is.
	There bool
	Took  time.Duration
	// Err says why there is no copy, ErrPending where it is on its way.
	Err error
}

// ErrPending is a copy that is on its way.
var ErrPending = errors.New("on its way")

// PutError tells which machines have no copy of what was put, and why. Others have it.
type PutError struct {
	// Dest is where it goes, as Puts tells it and Forget takes it.
	Dest   string
	Failed []Copied
	// Kept says that the cluster goes on with it: these machines have no tasks until they have it, and machines that join later get it. It
	// does not, if no machine at all could be given it.
	Kept bool
}

func (e *PutError) Error() string {
	var lines []string
	for _, c := range e.Failed {
		lines = append(lines, fmt.Sprintf("%s: %v", c.Machine, c.Err))
	}
	text := strings.Join(lines, "\n")
	if !e.Kept {
		return text
	}
	return text + "\nwhere it is missing engines take no tasks until it is there, which is tried again; forgetting " + e.Dest + " lets them go on without"
}

// Put copies a file or a folder of this machine to every machine of the cluster once, and to each that joins later: its engines have no task
// before. It returns when all machines that are there have it; the error is a *PutError if some could not be given it.
//
// dest is the copy's path there, relative to the home directory; with a slash at its end it is the folder that the copy is put into, and if it is
// empty, that is the home directory. A file that is there is replaced all at once; a folder is added to. Permissions and links stay as they
// are. What machines have already is not sent again. Put again, it takes the place of what was put to the same dest before.
func (c *Client) Put(ctx context.Context, file, dest string) error {
	return c.PutEach(ctx, file, dest, nil)
}

// PutEach is Put that calls done, if it is not nil, with each machine's copy as soon as it is there, or is known not to be.
func (c *Client) PutEach(ctx context.Context, file, dest string, done func(Copied)) error {
	ctx, stop := withAmbient(ctx)
	defer stop()
	p, parts, err := pack(file, dest)
	if err != nil {
		return err
	}
	answer, err := c.conn.Put(ctx, p, parts, func(f func(proto.Hash, []byte) error) error {
		_, err := parcel.Cut(p.Path, f)
		return err
	})
	told := map[string]bool{}
	for err == nil {
		if len(answer.List) != 1 {
			return fmt.Errorf("%s was forgotten, or put again, before all machines had it", p.To)
		}
		copies := newPut(answer.List[0]).Copies
		pending := false
		for _, x := range copies {
			if errors.Is(x.Err, ErrPending) {
				pending = true
				continue
			}
			if done != nil && !told[x.Machine] {
				told[x.Machine] = true
				done(x)
			}
		}
		if !pending {
			return c.putOver(ctx, answer.List[0].Parcel, copies)
		}
		answer, err = c.conn.Parcels(ctx, answer.List[0].Parcel.Version, answer.State)
	}
	return err
}

// pack reads what is to be put.
func pack(file, dest string) (p proto.Parcel, parts parcel.Parts, err error) {
	at, err := filepath.Abs(file)
	if err != nil {
		return p, nil, err
	}
	info, err := os.Stat(at)
	if err != nil {
		return p, nil, err
	}
	o := parcel.OriginOf(at, info)
	p = proto.Parcel{Name: filepath.Base(at), To: parcel.Target(dest, filepath.Base(at)), Path: at, Inode: o.Inode, Time: o.Time}
	sum, err := parcel.Cut(at, func(h proto.Hash, data []byte) error {
		p.Size += int64(len(data))
		parts = append(parts, h)
		return nil
	})
	p.Files, p.Bytes, p.ID = sum.Files, sum.Bytes, parts.ID()
	return p, parts, err
}

// putOver says how a put has ended. One that has failed everywhere is undone.
func (c *Client) putOver(ctx context.Context, p proto.Parcel, copies []Copied) error {
	failed := slices.DeleteFunc(slices.Clone(copies), func(x Copied) bool { return x.Err == nil })
	if len(failed) == 0 {
		return nil
	}
	e := &PutError{Dest: p.To, Failed: failed, Kept: len(failed) < len(copies)}
	if e.Kept {
		return e
	}
	return errors.Join(e, c.conn.ForgetParcel(ctx, p.Version))
}

// Put is a file or a folder that was put.
type Put struct {
	// Name is the original's, Dest where it goes: relative to the home directory, or absolute.
	Name, Dest string
	Files      int
	Bytes      int64
	At         time.Time
	Copies     []Copied
}

// Puts are what was put, the last at the end.
type Puts []Put

// Puts lists what every machine has, or is to have.
func (c *Client) Puts() (Puts, error) {
	answer, err := c.conn.Parcels(conn.Ambient(), 0, 0)
	if err != nil {
		return nil, err
	}
	var out Puts
	for _, st := range answer.List {
		out = append(out, newPut(st))
	}
	return out, nil
}

// newPut takes what hosts have said of a parcel, machine by machine: a machine may have several hosts, of which one has had the work.
func newPut(st proto.ParcelStatus) Put {
	p := Put{Name: st.Parcel.Name, Dest: st.Parcel.To, Files: st.Parcel.Files, Bytes: st.Parcel.Bytes, At: st.At}
	at := map[string]int{}
	for _, h := range st.Hosts {
		x := Copied{Machine: h.Host, To: h.Placed.To, Files: h.Placed.Files, Bytes: h.Placed.Bytes, There: h.Placed.There, Took: h.Placed.Took}
		switch {
		case !h.Known:
			x.Err = ErrPending
		case h.Placed.Error != "":
			x.Err = errors.New(h.Placed.Error)
		}
		i, twice := at[h.Host]
		if !twice {
			at[h.Host] = len(p.Copies)
			p.Copies = append(p.Copies, x)
			continue
		}
		if y := p.Copies[i]; y.Err == nil && (x.Err != nil || y.There && !x.There) || errors.Is(x.Err, ErrPending) {
			p.Copies[i] = x
		}
	}
	return p
}

// Forget has the cluster forget what was put to a dest, or by a name that only one has: machines that join later do not get it. Those that
// have it keep it.
func (c *Client) Forget(ctx context.Context, dest string) error {
	ctx, stop := withAmbient(ctx)
	defer stop()
	answer, err := c.conn.Parcels(ctx, 0, 0)
	if err != nil {
		return err
	}
	var found []proto.Parcel
	var all []string
	for _, st := range answer.List {
		p := st.Parcel
		all = append(all, p.To)
		if p.To == parcel.Target(dest, p.Name) {
			return c.conn.ForgetParcel(ctx, p.Version)
		}
		if p.Name == dest || path.Base(p.To) == dest {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 1:
		return c.conn.ForgetParcel(ctx, found[0].Version)
	case len(found) > 1:
		return fmt.Errorf("several were put of which the name is %s: say where, of %s", dest, strings.Join(all, ", "))
	case len(all) == 0:
		return fmt.Errorf("nothing was put to %s: nothing at all was put", dest)
	}
	return fmt.Errorf("nothing was put to %s, but to %s", dest, strings.Join(all, ", "))
}

// String is a table of what was put.
func (ps Puts) String() string {
	if len(ps) == 0 {
		return "nothing was put"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DEST\tFILES\tSIZE\tPUT\tMACHINES")
	for _, p := range ps {
		have := 0
		var not []string
		for _, x := range p.Copies {
			if x.Err == nil {
				have++
				continue
			}
			not = append(not, fmt.Sprintf("%s: %v", x.Machine, x.Err))
		}
		text := fmt.Sprintf("%d of %d", have, len(p.Copies))
		if len(not) > 0 {
			text += "; not " + strings.Join(not, "; ")
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", p.Dest, p.Files, size(p.Bytes), p.At.Local().Format(time.DateTime), text)
	}
	_ = w.Flush() // into memory
	return strings.TrimRight(b.String(), "\n")
}
