package magic

import (
	"context"
	"fmt"
	"html"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/session"
)

// watchStep is how often a table that is watched is looked at.
const watchStep = 500 * time.Millisecond

func defaultEngines() int { return runtime.NumCPU() }

// status shows the engines, and the jobs if they are asked for; while it is watched the table changes as they do.
func (c *Cluster) status(ctx context.Context, h Host, a clusterAction, jobs bool) error {
	rc, err := c.connect(ctx, h, a.profile)
	if err != nil {
		return err
	}
	w := &watched{rc: rc, out: h.Output(), jobs: jobs, id: displayID(), end: time.Now().Add(a.watch)}
	if err := w.look(); err != nil {
		return failed("%%cluster: %v", err)
	}
	switch {
	case a.watch == 0:
		return nil
	case h.Lasting(): // so that other cells can run meanwhile
		return c.goes("watch", w.watch)
	}
	if err := w.watch(ctx); err != nil {
		return failed("%%cluster: %v", err)
	}
	if ctx.Err() != nil {
		return interrupted()
	}
	return nil
}

// watched is a table that changes.
type watched struct {
	rc    *client.Client
	out   session.Output
	jobs  bool
	id    string
	shown string
	end   time.Time
}

// look shows how the cluster is, if that has changed.
func (w *watched) look() error {
	st, err := w.rc.Status()
	if err != nil {
		return err
	}
	if d := statusOf(st, w.jobs); d.MIME[textPlain] != w.shown {
		d.ID, d.Update = w.id, w.shown != ""
		w.shown, _ = d.MIME[textPlain].(string)
		w.out.Display(d)
	}
	return nil
}

// watch looks again and again until its time is over, or the cluster.
func (w *watched) watch(ctx context.Context) error {
	step := time.NewTicker(watchStep)
	defer step.Stop()
	for time.Now().Before(w.end) {
		select {
		case <-step.C:
		case <-ctx.Done():
			return nil
		}
		if err := w.look(); err != nil {
			return err
		}
	}
	return nil
}

// statusOf is a cluster's status as tables.
func statusOf(st *client.Status, jobs bool) session.Data {
	head := fmt.Sprintf("cluster %s: controller pid %d, started %s, engines: %d, clients: %d",
		st.Cluster, st.PID, st.Started.Local().Format(time.DateTime), len(st.Engines), st.Clients)
	engines := table{head: []string{"ENGINE", "STATE", "HOST", "PID", "MEMORY", "RUNNING", "QUEUED", "DONE", "RESTARTS", "LAST DEATH"}}
	for _, e := range st.Engines {
		engines.add(e.ID, e.State, e.Host, e.PID, megabytes(e.Memory), e.Running, e.Queued, e.TasksDone, e.Restarts, e.LastDeath)
	}
	if !jobs {
		return show("", engines)
	}
	under := table{head: []string{"JOB", "FUNCTION", "LABEL", "STATE", "DONE", "FAILED", "RETRIED", "WAITING"}}
	for _, j := range st.Jobs {
		under.add(j.ID, j.Func, j.Label, j.State, fmt.Sprintf("%d/%d", j.Done, j.Total), j.Failed, j.Retried, j.Waiting)
	}
	return show(head, engines, under)
}

func megabytes(n int64) string {
	if n <= 0 {
		return "-"
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// table is what is shown in rows and columns.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

// show makes text and a page of tables; those without rows are left out, unless there is nothing else.
func show(head string, tables ...table) session.Data {
	var text, page strings.Builder
	if head != "" {
		text.WriteString(head + "\n")
		page.WriteString("<div>" + html.EscapeString(head) + "</div>\n")
	}
	for i, t := range tables {
		if len(t.rows) > 0 || i == 0 && head == "" {
			t.write(&text, &page)
		}
	}
	return session.Data{MIME: map[string]any{textPlain: strings.TrimRight(text.String(), "\n"), textHTML: page.String()}}
}

func (t table) write(text, page *strings.Builder) {
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(t.head, "\t"))
	page.WriteString("<table>\n")
	writeRow(page, "th", t.head)
	for _, row := range t.rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
		writeRow(page, "td", row)
	}
	page.WriteString("</table>\n")
	_ = w.Flush() // to memory
}

func writeRow(page *strings.Builder, tag string, cells []string) {
	page.WriteString("<tr>")
	for _, c := range cells {
		fmt.Fprintf(page, "<%s>%s</%s>", tag, html.EscapeString(c), tag)
	}
	page.WriteString("</tr>\n")
}
