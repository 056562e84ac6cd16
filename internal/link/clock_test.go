package link_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// A certificate that is good, but not at the time that one side's clock shows, is told from a wrong one.
func TestAClockThatIsDaysOff(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	for name, c := range map[string]struct{ mine, controllers time.Duration }{
		"mine is behind":            {mine: -72 * time.Hour},
		"mine is ahead":             {mine: 72 * time.Hour},
		"the controller's is ahead": {controllers: 72 * time.Hour},
	} {
		off := func(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(d) } }
		server, client := a.Server(), a.Client(proto.RoleEngineHost)
		server.Time, client.Time = off(c.controllers), off(c.mine)
		s := a.Listen(link.ServerConfig{TLS: server}, newServer())
		_, err := link.Dial(t.Context(), link.DialConfig{Addrs: []string{s.Addr().String()}, TLS: client, Role: proto.RoleEngineHost, Handler: newClient()})
		if !errors.Is(err, link.ErrCertificate) || !strings.Contains(err.Error(), "a clock is wrong by more than a day") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
