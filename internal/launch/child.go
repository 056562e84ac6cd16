package launch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/role"
)

// stopGrace is how long a process that was asked to end may take.
const stopGrace = 4 * time.Second

// lateReports is how long after a process's end its last reports are read.
const lateReports = 200 * time.Millisecond

// child is a process as its parent sees it.
type child struct {
	name    string
	cmd     *exec.Cmd
	in      *os.File // its orders
	reports chan report
	exited  chan struct{} // closed when it has ended and its reports are read
	log     *os.File
	logFrom int64
	said    string // the error it has reported
}

// begin starts a process. It does nothing until it is given an order.
func begin(g *group.Group, name string, cmd *exec.Cmd, log *os.File) (*child, error) {
	orders, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the %s: %w", name, err)
	}
	out, reports, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the %s: %w", name, err), orders.Close(), in.Close())
	}
	c := &child{name: name, cmd: cmd, in: in, reports: make(chan report, 64), exited: make(chan struct{}), log: log}
	if at, err := log.Seek(0, io.SeekEnd); err == nil {
		c.logFrom = at
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = orders, reports, log
	err = cmd.Start()
	_, _ = orders.Close(), reports.Close()
	if err != nil {
		_, _ = in.Close(), out.Close()
		return nil, fmt.Errorf("starting the %s: %w", name, err)
	}
	read := make(chan struct{})
	err = g.Go(name+" reports", func(context.Context) error { defer close(read); c.read(out); return nil })
	if err == nil {
		err = g.Go(name, func(context.Context) error { c.wait(out, read); return nil })
	}
	if err != nil { // the group has stopped meanwhile
		_, _ = cmd.Process.Kill(), cmd.Wait()
		return nil, err
	}
	return c, nil
}

// read passes the reports on. They are few: the channel has room for those nobody reads.
func (c *child) read(out *os.File) {
	defer close(c.reports)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var r report
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			fmt.Fprintf(c.log, "%s\n", lines.Bytes()) // somebody printed
			continue
		}
		if r.Event == failed {
			c.said = r.Text
		}
		select {
		case c.reports <- r:
		default:
		}
	}
}

// wait notes the end of the process. The reader does not wait for grandchildren that hold the pipe too.
func (c *child) wait(out *os.File, read <-chan struct{}) {
	_ = c.cmd.Wait() // ProcessState says how
	if out.SetReadDeadline(time.Now().Add(lateReports)) != nil {
		_ = out.Close()
	}
	<-read
	_, _ = out.Close(), c.in.Close()
	close(c.exited)
}

// order gives the process its order.
func (c *child) order(o order) error {
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("the %s takes no order: %w", c.name, err)
	}
	return nil
}

// over is closed when it has ended.
func (c *child) over() <-chan struct{} { return c.exited }

// pid is the process's id.
func (c *child) pid() int { return c.cmd.Process.Pid }

// clean reports whether the process, which has exited, ended as it should.
func (c *child) clean() bool { return c.cmd.ProcessState.Success() }

// death says why the process, which has exited, ended.
func (c *child) death() string {
	if c.said != "" {
		return c.said
	}
	return role.Death(c.cmd.ProcessState, c.lastWords())
}

// lastWords is the end of what this process has logged.
func (c *child) lastWords() string {
	const most = 16 << 10
	info, err := c.log.Stat()
	if err != nil {
		return ""
	}
	from := max(c.logFrom, info.Size()-most)
	text := make([]byte, max(0, info.Size()-from))
	n, _ := c.log.ReadAt(text, from) // what can be read is enough
	return strings.TrimSpace(string(text[:n]))
}

// end asks the process to end, and kills it if it does not.
func (c *child) end(ctx context.Context) {
	_ = c.in.Close()
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-c.exited:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	_ = c.cmd.Process.Kill()
	<-c.exited
}
