package command

import (
	"context"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/native/maker"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
	"github.com/gocluster/gocluster/kernel"
)

// slack is never touched, so that it takes no memory. The collector counts it, and comes when messages have left as much behind: it costs a
// millisecond in a process of which next to nothing is in use, and a controller or a host would have it come after every 4 MB.
var slack []byte

const slackBytes = 16 << 20

// Setup makes the executable able to play all processes of a cluster and, if it was started as one of them, plays it and exits.
// It is the first call of main.
func Setup() {
	slack = make([]byte, slackBytes)
	session.Register(api.Exports)
	launch.Register()
	conn.SetCellMaker(new(maker.Maker))
	role.Dispatch()
}

// code is what cells can use.
func code() gocode.Options { return api.Code() }

// kernelSession starts the session of a notebook.
func kernelSession(env []string, tier session.Tier) func(ctx context.Context) (kernel.Session, error) {
	return func(ctx context.Context) (kernel.Session, error) {
		s, err := session.Start(ctx, session.Options{Env: env, Stdin: true, Comms: true, Lasting: true, Code: code(), Tier: tier})
		if err != nil {
			return nil, err
		}
		conn.CellModules(s.Modules) // %px is of this process
		return s, nil
	}
}
