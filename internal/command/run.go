package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/notebook"
	"github.com/gocluster/gocluster/internal/report"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/magic"
)

// runFlags are the flags of run.
type runFlags struct {
	place       place
	allowErrors bool
	save        string
}

func runCommand(stdio stdio) *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [--n=N | --profile=NAME] [--tier=TIER] FILE",
		Short: "Run a notebook or a Go script",
		Long: `run executes the cells of a notebook (.ipynb), or of a Go script whose cells are separated by lines that begin
with "// %%"; "-" reads from standard input. What the cells print is printed as it comes, and so is the value of each
cell's last expression. Lines that begin with % or ! are magics, as in a notebook (%help lists them). The first cell that fails ends
the run.`,
		Example: `  gocluster run --n=4 notebook.ipynb
  gocluster run --n=4 --save=executed.ipynb notebook.ipynb
  gocluster run --profile=default script.txt
  gocluster run --n=0 --tier=native script.txt
  echo 'fmt.Println(6 * 7)' | gocluster run --n=0 -`,
		Args:    cobra.ExactArgs(1),
		PreRunE: f.place.check,
		RunE: func(c *cobra.Command, args []string) error {
			return runFile(c.Context(), stdio, args[0], f)
		},
	}
	f.place.flags(c)
	c.Flags().BoolVar(&f.allowErrors, "allow-errors", false, "go on after a cell that fails; the exit status is still 1")
	c.Flags().StringVar(&f.save, "save", "", "keep the executed notebook, with its outputs, in this `FILE`.ipynb")
	return c
}

// place is where a session finds its engines: an embedded cluster, a profile's, or nowhere.
type place struct {
	n            int
	profile      string
	profileGiven bool
	tier         string
}

func (p *place) flags(c *cobra.Command) {
	c.Flags().IntVar(&p.n, "n", runtime.NumCPU(), "engines of the embedded cluster; 0 for none")
	c.Flags().StringVar(&p.profile, "profile", "", "use the running cluster of profile `NAME` instead")
	tierFlag(c, &p.tier)
}

// tierFlag lets a command's user choose how cells run.
func tierFlag(c *cobra.Command, tier *string) {
	c.Flags().StringVar(tier, "tier", string(session.TierAuto), "how cells run here, not what they send to engines: auto, interpreted or native (compiled, with a Go toolchain)")
}

// checkTier refuses what is no tier.
func checkTier(tier string) error {
	switch session.Tier(tier) {
	case session.TierAuto, session.TierInterpreted, session.TierNative:
		return nil
	}
	return usagef("--tier=%s: want auto, interpreted or native", tier)
}

// check is run before the command: wrong flags are wrong whatever else there is.
func (p *place) check(c *cobra.Command, _ []string) error {
	p.profileGiven = c.Flags().Changed("profile")
	switch {
	case p.profileGiven && c.Flags().Changed("n"):
		return usagef("--n starts engines, --profile uses those that run: give one of them")
	case p.n < 0:
		return usagef("--n=%d: there cannot be fewer than no engines", p.n)
	}
	return checkTier(p.tier)
}

func runFile(ctx context.Context, stdio stdio, file string, f runFlags) error {
	if f.save != "" && !strings.HasSuffix(f.save, ".ipynb") {
		return usagef("--save=%s: an executed notebook's name ends in .ipynb", f.save)
	}
	nb, err := readNotebook(stdio.in, file)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	dir := ""
	if file != "-" {
		dir = filepath.Dir(file)
	}
	s, closeSession, err := openSession(ctx, f.place, dir)
	if err != nil {
		return err
	}
	r := runner{nb: nb, file: file, session: s, term: newTerminal(stdio), rec: notebook.NewRecorder(), allowErrors: f.allowErrors}
	failed := r.cells(ctx)
	if err := errors.Join(r.cluster.Close(), closeSession()); err != nil {
		fmt.Fprintf(stdio.err, "gocluster run: %v\n", err)
	}
	if f.save != "" {
		if err := saveNotebook(nb, f.save); err != nil {
			return err
		}
	}
	if failed {
		return silent{errors.New("a cell failed")}
	}
	return nil
}

func readNotebook(stdin io.Reader, file string) (*notebook.Notebook, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the notebook or script: %w", err)
	}
	nb, err := notebook.Parse(file, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return nb, nil
}

// saveNotebook writes beside the target first, so that a failure leaves what was there.
func saveNotebook(nb *notebook.Notebook, file string) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("cannot save the executed notebook: %w", err)
	}
	err = errors.Join(nb.Write(tmp), tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("cannot save the executed notebook as %s: %w", file, err)
	}
	return nil
}

// runner takes a notebook's cells through a session, one by one.
type runner struct {
	nb          *notebook.Notebook
	file        string
	session     *session.Session
	term        *terminal
	rec         *notebook.Recorder
	cluster     magic.Cluster
	allowErrors bool
}

// cells reports whether a cell failed that was not expected to.
func (r *runner) cells(ctx context.Context) (failed bool) {
	n := 0
	for _, c := range r.nb.Cells {
		if c.Kind != notebook.Code {
			continue
		}
		n++
		if strings.TrimSpace(c.Source) == "" {
			continue
		}
		if err := r.cell(ctx, n, c); err != nil {
			failed = failed || !c.RaisesException()
			if ctx.Err() != nil || !r.allowErrors && !c.RaisesException() {
				return true
			}
		}
	}
	return failed
}

func (r *runner) cell(ctx context.Context, n int, c *notebook.Cell) error {
	r.rec.Start(c)
	defer r.rec.Finish(n)
	at := r.position(n, c)
	err := cell{r.session, at, both{r.term, r.rec}, r.term, &r.cluster, func(d session.Data) {
		r.term.line(plain(d))
		r.rec.Result(n, d.ID, notebook.Bundle{Data: d.MIME, Metadata: d.Metadata})
	}}.run(ctx)
	if err != nil {
		r.fail(err)
	}
	return err
}

// position names a cell by what its reader sees: In[n] of a notebook, file and line of a script.
func (r *runner) position(n int, c *notebook.Cell) gocode.Cell {
	cell := gocode.Cell{N: n, Name: fmt.Sprintf("In[%d]", n), Source: c.Source, Line: 1}
	if r.file != "-" && !strings.HasSuffix(r.file, ".ipynb") {
		cell.Name, cell.Line = filepath.Base(r.file), c.Line
	}
	return cell
}

func (r *runner) fail(err error) {
	f := r.term.fail(err)
	r.rec.Error(f.EName, f.EValue, f.Lines(true))
}

// both shows what a cell does on the terminal and records it.
type both struct {
	term *terminal
	rec  *notebook.Recorder
}

func (b both) Stdout(text string) { b.term.Stdout(text); b.rec.Stream("stdout", text) }
func (b both) Stderr(text string) { b.term.Stderr(text); b.rec.Stream("stderr", text) }

// Failed shows and records the panic of a goroutine.
func (b both) Failed(e *session.CellError) {
	b.term.Failed(e)
	b.rec.Stream("stderr", report.Of(e, &b.term.sources).Text(true)+"\n")
}

func (b both) Clear(wait bool) { b.term.Clear(wait); b.rec.Clear(wait) }

func (b both) Input(prompt string, password bool) (string, error) {
	return b.term.Input(prompt, password)
}

func (b both) Display(d session.Data) {
	b.term.Display(d)
	bundle := notebook.Bundle{Data: d.MIME, Metadata: d.Metadata}
	if d.Update {
		b.rec.Update(d.ID, bundle)
	} else {
		b.rec.Display(d.ID, bundle)
	}
}

// stopTimeout bounds how long the end of an embedded cluster may take.
const stopTimeout = 5 * time.Second
