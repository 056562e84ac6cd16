package command

import (
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
)

func TestATokenIsReadFromTheStandardInput(t *testing.T) {
	home(t)
	for _, c := range []struct{ stdin, says string }{
		{"", "--join=- reads the token from the standard input, which has none"},
		{"hello\n", `not an invitation: "hello"; ` + "`gocluster invite` prints one"},
	} {
		if got := gocluster(t, t.Context(), c.stdin, "goengine", "--join=-"); got.status != exitFailed || !strings.Contains(got.err, c.says) {
			t.Errorf("%q: got %+v", c.stdin, got)
		}
	}
}

func TestInvitationsAreListedAndRevoked(t *testing.T) {
	at := time.Date(2026, 11, 21, 15, 0, 0, 0, time.Local)
	got := invitationTable([]client.Invitation{
		{ID: "7k3mq0ve", State: "open", Made: at, Expires: at.Add(time.Hour), Joined: 3, Connected: 2},
		{ID: "ck52t3h0", State: "used up", Made: at, Expires: at.Add(time.Minute), Hosts: 1, Joined: 1},
	})
	want := `INVITATION  MADE                 GOOD UNTIL           MACHINES  CONNECTED  STATE
7k3mq0ve    2026-11-21 15:00:00  2026-11-21 16:00:00  3         2          open
ck52t3h0    2026-11-21 15:00:00  2026-11-21 15:01:00  1 of 1    0          used up`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	home(t)
	for _, c := range []struct{ args, says string }{
		{"revoke", "name one invitation, or give --all"},
		{"revoke x --all", "name one invitation, or give --all"},
		{"invite --for=0s", "give more than 0 and at most 720h"},
		{"invite --hosts=-1", "cannot be less than 0"},
		{"goengine --join=", "--join needs the token"},
	} {
		if got := gocluster(t, t.Context(), "", strings.Fields(c.args)...); got.status != exitUsage || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: got %+v", c.args, got)
		}
	}
}
