package kernel

import (
	"context"
	"os"
	"time"
)

// Jupyter's server passes on a megabyte of streams and a thousand messages a second, measured over three seconds, and drops what is
// more. A kernel that it has started keeps below that, so that nothing is dropped: paceBurst and three seconds of paceRate are less
// than 3 MB, and than 3000 messages of paceLeast.
const (
	paceBurst = 400_000
	paceRate  = 850_000 // bytes a second
	// paceLeast is what a message counts at least, and what one counts that is no stream, of which the server counts no bytes.
	// paceEnvelope is what it has besides its content and the header that it is about.
	paceLeast    = 1200
	paceEnvelope = 600
	// paceMost is the text of one message: a byte of it may be up to six in JSON.
	paceMost = 60_000
	// paceLine is how many pieces of output wait, so that what follows them is not long in coming.
	paceLine = 4
)

// serverEnv is what Jupyter's server, and others that run notebooks, tell a kernel.
const serverEnv = "JPY_SESSION_NAME"

func behindServer() bool { return os.Getenv(serverEnv) != "" }

// pacer keeps output below a server's limit. The zero pacer keeps nothing back.
type pacer struct {
	on   bool
	left float64 // bytes that may go now; negative after a message that was larger
	at   time.Time
}

func newPacer(now time.Time) pacer { return pacer{on: true, left: paceBurst, at: now} }

// delay notes that n bytes are sent, and returns how long to wait before that.
func (p *pacer) delay(now time.Time, n int) time.Duration {
	if !p.on {
		return 0
	}
	p.left = min(paceBurst, p.left+paceRate*now.Sub(p.at).Seconds()) - float64(n)
	p.at = now
	if p.left >= 0 {
		return 0
	}
	return time.Duration(-p.left / paceRate * float64(time.Second))
}

// wait waits until n bytes may be sent.
func (p *pacer) wait(ctx context.Context, n int) {
	d := p.delay(time.Now(), max(n+paceEnvelope, paceLeast))
	if d == 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
