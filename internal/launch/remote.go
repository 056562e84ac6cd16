package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/ssh"
	"github.com/gocluster/gocluster/profiles"
)

// The bounds of a clock that is wrong: from which on it is told, and what certificates allow.
const (
	clockTold    = 30 * time.Second
	clockRefused = -24 * time.Hour
)

// remote is a host over SSH.
type remote struct {
	c    *Cluster
	host *ssh.Host
	// number tells the cluster's machines apart on hosts that share their home.
	number int
}

// sshConfig is how a profile wants ssh to be used.
func sshConfig(s profiles.SSHSettings) ssh.Config {
	return ssh.Config{Command: s.Command, File: s.ConfigFile(), Options: s.Options}
}

// overSSH returns the hosts of a set as machines.
func (c *Cluster) overSSH(set profiles.Set) []Machine {
	var out []Machine
	for _, h := range set.Machines() {
		c.machines++
		out = append(out, &remote{c: c, host: ssh.New(sshConfig(c.cfg.Profile.Settings.SSH), h.Target), number: c.machines})
	}
	return out
}

func (r *remote) Name() string { return r.host.String() }

func (r *remote) Platform(ctx context.Context) (string, error) {
	f, err := r.host.Probe(ctx)
	return f.Platform(), err
}

func (r *remote) Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd {
	return r.host.Command(ctx, dir, env, argv...)
}

func (r *remote) Copy(ctx context.Context, from, to string) error { return r.host.Copy(ctx, from, to) }

// Plan shows the steps of Start; what the host answers is not known yet.
func (r *remote) Plan(e Engines) []string {
	program := e.Program
	var lines []string
	if program == "" {
		program = "~/.gocluster/bin/gocluster-HASH"
		lines = append(lines, "# gocluster is copied to "+program+", unless it is there")
	}
	return append(lines, strings.Join(r.host.Words(role.Env+"="+outpostRole, program, "attend", "~/.gocluster/run/CLUSTER"), " "))
}

// Start brings gocluster there, starts an outpost, and attends it.
func (r *remote) Start(ctx context.Context, e Engines, tell func(Progress)) (_ Process, err error) {
	defer func() {
		if err != nil {
			_ = r.host.Close()
		}
	}()
	tell(Progress{Phase: Connecting})
	facts, err := r.host.Probe(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkClock(facts.Ahead, tell); err != nil {
		return nil, err
	}
	program, err := r.install(ctx, facts, e, tell)
	if err != nil {
		return nil, err
	}
	conn, err := r.c.connection(ctx)
	if err != nil {
		return nil, err
	}
	o := &outpost{r: r, tell: tell, program: program, dir: fmt.Sprintf("%s/.gocluster/run/%s-%d", facts.Home, brief(r.c.id), r.number)}
	if err := o.findWay(ctx, conn); err != nil {
		return nil, err
	}
	o.order = r.c.order()
	o.order.Settings, o.order.Dir = profiles.Settings{}, "" // they are this machine's
	o.order.N, o.order.Set, o.order.Part, o.order.Around, o.order.Restart, o.order.Conn = e.N, e.Set, e.Part, surroundingsOf(e.Host), e.Restart, conn
	tell(Progress{Phase: Starting})
	return o, o.begin()
}

// brief is a cluster's name for a path that must not be long.
func brief(id string) string {
	const most = 24
	return id[max(0, len(id)-most):]
}

// checkClock tells of a clock that is wrong, and refuses one by which the cluster's certificates are not valid yet.
func checkClock(ahead time.Duration, tell func(Progress)) error {
	text := "its clock is " + span(ahead) + " ahead of this machine's"
	if ahead < 0 {
		text = "its clock is " + span(-ahead) + " behind this machine's"
	}
	switch {
	case ahead < clockRefused:
		return fmt.Errorf("%s: the cluster's certificates are not valid there yet\nSet the clock there: `sudo timedatectl set-ntp true`, or `sudo date -s @%d`", text, time.Now().Unix())
	case ahead.Abs() > clockTold:
		tell(Progress{Text: text + ": engines run, but times in their logs and of files differ; `sudo timedatectl set-ntp true` there sets it"})
	}
	return nil
}

// span is a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d < 48*time.Hour-time.Minute:
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

// install brings gocluster to the host, unless it is there or the settings say where it is, and returns its path.
func (r *remote) install(ctx context.Context, facts ssh.Facts, e Engines, tell func(Progress)) (string, error) {
	if e.Program != "" {
		return strings.Replace(e.Program, "~/", facts.Home+"/", 1), nil
	}
	exe, err := r.c.executables.forHost(ctx, facts)
	if err != nil {
		return "", err
	}
	path := exe.on(facts)
	if there, err := r.has(ctx, path); there || err != nil {
		return path, err
	}
	tell(Progress{Phase: Connecting, Text: fmt.Sprintf("copying gocluster for %s (%d MB)", facts.Platform(), exe.size>>20)})
	if err := r.host.Copy(ctx, exe.path, path); err != nil {
		return "", err
	}
	return path, nil
}

// on is where the executable is kept on a host.
func (x *executable) on(facts ssh.Facts) string {
	return facts.Home + "/.gocluster/bin/gocluster-" + x.hash
}

// forHost returns gocluster for a host.
func (x *executables) forHost(ctx context.Context, facts ssh.Facts) (*executable, error) {
	if facts.OS == "" || facts.Arch == "" {
		return nil, fmt.Errorf("it calls itself %q, which no gocluster can be built for", facts.System)
	}
	return x.forPlatform(ctx, facts.Platform())
}

// has reports whether the host has a program.
func (r *remote) has(ctx context.Context, path string) (bool, error) {
	out, err := r.host.Shell(ctx, "if [ -x "+ssh.Quote(path)+" ]; then echo there; fi")
	return strings.Contains(out, "there"), err
}

// verb is the command line that has gocluster on the host play a part of an outpost.
func (o *outpost) verb(ctx context.Context, verb string) *exec.Cmd {
	return o.r.host.Command(ctx, "", []string{role.Env + "=" + outpostRole}, o.program, verb, o.dir)
}

// findWay finds out whether the controller can be reached from the host, and how it is reached if not.
func (o *outpost) findWay(ctx context.Context, conn *profiles.ConnFile) error {
	via := conn.Via
	conn.Via, conn.Local = nil, "" // they are this machine's
	answer, err := o.reach(ctx, conn)
	if err != nil {
		return err
	}
	if answer.Addr != "" {
		conn.Addrs = []string{answer.Addr}
		return nil
	}
	for _, addr := range conn.Addrs {
		from, err := o.r.c.nearer(ctx, conn, via, addr)
		if err == nil {
			o.forward = from
			conn.Addrs = []string{unixPrefix + o.dir + "/" + tunnelFile}
			return nil
		}
		answer.Why = append(answer.Why, "from this machine: "+err.Error())
	}
	return fmt.Errorf("the controller cannot be reached from there:\n%s", strings.Join(answer.Why, "\n"))
}

// reach asks the gocluster there whether it can reach the controller.
func (o *outpost) reach(ctx context.Context, conn *profiles.ConnFile) (answer reached, err error) {
	text, err := json.Marshal(conn)
	if err != nil {
		return answer, err
	}
	cmd := o.verb(ctx, "reach")
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &out, &said
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return answer, o.explain(ctx, err, said.String())
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return answer, fmt.Errorf("%s there is no gocluster of this version: it answers %q\n%s", o.program, firstLine(out.String()), otherVersion)
	}
	if answer.Protocol != proto.Version {
		return answer, fmt.Errorf("%s there speaks version %d of the protocol, this one version %d\n%s", o.program, answer.Protocol, proto.Version, otherVersion)
	}
	return answer, nil
}

const otherVersion = "Install the same version there, or leave `program` out of the profile's settings: gocluster is copied there then."

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// notFound is the exit status of shells for a program that is not there, or whose loader is not.
const notFound = 127

// explain says why a verb failed.
func (o *outpost) explain(ctx context.Context, err error, said string) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && (strings.Contains(said, "cannot play \""+outpostRole) || strings.Contains(said, "unknown flag") || strings.Contains(said, "unknown command")) {
		return fmt.Errorf("%s there is a gocluster of another version\n%s", o.program, otherVersion)
	}
	if errors.As(err, &exit) && exit.ExitCode() == notFound && strings.Contains(o.program, "/.gocluster/bin/") {
		return fmt.Errorf("the gocluster that was copied there does not run (%s): the host has another C library\n"+
			"Build one that needs none, `CGO_ENABLED=0 go build ./cmd/gocluster`, and put it into bin/ of gocluster's folder here (docs/machines.md)", strings.TrimSpace(said))
	}
	if errors.As(err, &exit) && exit.ExitCode() == notFound {
		return fmt.Errorf("there is no program %s there (%s)\n%s", o.program, strings.TrimSpace(said), otherVersion)
	}
	return o.r.host.Explain(ctx, err, said)
}

// Log writes the end of what the engines have logged there.
func (o *outpost) Log(ctx context.Context, w io.Writer, lines int, follow bool) error {
	return tailOver(ctx, o.r.host, w, o.dir+"/"+outpostLog, lines, follow)
}

// tailOver is Tail for a file of a host.
func tailOver(ctx context.Context, host *ssh.Host, w io.Writer, path string, lines int, follow bool) error {
	argv := []string{"tail", "-n", fmt.Sprint(lines), path}
	if follow {
		argv = []string{"tail", "-n", fmt.Sprint(lines), "-f", path}
	}
	cmd := host.Command(ctx, "", nil, argv...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &said
	if err := cmd.Run(); err != nil && ctx.Err() == nil && !errors.Is(err, exec.ErrWaitDelay) {
		return host.Explain(ctx, err, said.String())
	}
	return nil
}
