package zmtp

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// python returns a Python that has pyzmq. $GOCLUSTER_PYTHON, where it is set, must have it.
func python(t *testing.T) string {
	t.Helper()
	name := os.Getenv("GOCLUSTER_PYTHON")
	if name != "" {
		return name
	}
	if err := exec.Command("python3", "-c", "import zmq").Run(); err != nil {
		t.Skip("LEFT OUT: needs python3 with pyzmq, or GOCLUSTER_PYTHON")
	}
	return "python3"
}

// welcoming is an XPub's handler that greets every subscription.
type welcoming struct{ *recorder }

func (w welcoming) Subscribed(p *Peer, topic []byte, on bool) {
	if on {
		_ = p.Send([][]byte{topic, []byte("welcome")})
	}
	w.recorder.Subscribed(p, topic, on)
}

func TestLibzmqIsUnderstood(t *testing.T) {
	py := python(t)
	echo, subscriptions := newRecorder(), welcoming{newRecorder()}
	echo.echo = true
	var ports []string
	for _, s := range []*Server{
		serve(t, Router, echo, Options{}), serve(t, XPub, subscriptions, Options{}), serve(t, Rep, echo, Options{}),
	} {
		ports = append(ports, fmt.Sprint(s.Addr().(*net.TCPAddr).Port))
	}
	out, err := exec.CommandContext(t.Context(), py, append([]string{"testdata/libzmq.py"}, ports...)...).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "ok" {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"a true", "b true", "a false", " true"} {
		if got := next(t, subscriptions.topics); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
