package controller_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// peer is a client, or a host that only talks about cells.
func (k *cluster) peer(role proto.Role) *fakeClient {
	k.t.Helper()
	c := &fakeClient{messages: make(chan proto.Message, 1000), downs: make(chan error, 16), welcomes: make(chan proto.Welcome, 16)}
	c.conn = k.dial(role, link.NewPeerID(), c)
	return c
}

func say(t *testing.T, c *fakeClient, m proto.Message) {
	t.Helper()
	if err := c.conn.SendWait(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// next is the next message of a type that a peer gets.
func next[T proto.Message](t *testing.T, c *fakeClient) T {
	t.Helper()
	for {
		var want T
		if m, ok := await(t, c.messages, reflect.TypeOf(want).String()).(T); ok {
			return m
		}
	}
}

// A cell is compiled once for all hosts, by any client of the kind that it needs, or by another if that one leaves.
func TestCellsAreCompiledByClients(t *testing.T) {
	k := start(t)
	hosts := []*fakeClient{k.peer(proto.RoleEngineHost), k.peer(proto.RoleEngineHost)}
	other := k.peer(proto.RoleClient)
	say(t, other, &proto.CellMaker{Why: "no toolchain"})
	makers := []*fakeClient{k.peer(proto.RoleClient), k.peer(proto.RoleClient)}
	for _, c := range makers {
		say(t, c, &proto.CellMaker{Kind: "here"})
	}
	for _, h := range hosts {
		for list := []proto.CellMaker(nil); !reflect.DeepEqual(list, []proto.CellMaker{{Why: "no toolchain"}, {Kind: "here"}}); {
			list = next[*proto.CellMakers](t, h).List
		}
	}
	// The second host's need reaches the controller before the answer: the client answers when both have been said.
	need := &proto.NeedCell{Key: proto.Hash{1}, Kind: "here", Source: "package main"}
	say(t, hosts[0], need)
	asked, idle := makers[0], makers[1]
	var got *proto.NeedCell
	for got == nil {
		select {
		case m := <-makers[0].messages:
			got, _ = m.(*proto.NeedCell)
		case m := <-makers[1].messages:
			if got, _ = m.(*proto.NeedCell); got != nil {
				asked, idle = idle, asked
			}
		}
	}
	if !reflect.DeepEqual(got, need) {
		t.Errorf("the client is asked for %+v, want %+v", got, need)
	}
	say(t, hosts[1], need)
	say(t, hosts[1], &proto.NeedCell{Key: proto.Hash{2}, Kind: "elsewhere"})
	if m := next[*proto.Cell](t, hosts[1]); m.Key != (proto.Hash{2}) || m.Cold == "" {
		t.Errorf("for a kind that nobody compiles for: %+v", m)
	}
	say(t, idle, &proto.Cell{Key: need.Key, Path: "nobody has asked it"})
	say(t, idle, &proto.CellMaker{Kind: "here", Why: "it has been heard"})
	for heard := false; !heard; {
		heard = slices.Contains(next[*proto.CellMakers](t, hosts[0]).List, proto.CellMaker{Kind: "here", Why: "it has been heard"})
	}
	if err := asked.conn.Close("the test wants it"); err != nil {
		t.Fatal(err)
	}
	if got := next[*proto.NeedCell](t, idle); !reflect.DeepEqual(got, need) {
		t.Errorf("the other client is asked for %+v, want %+v", got, need)
	}
	cell := &proto.Cell{Key: need.Key, Path: "p", Files: []proto.CellFile{{Hash: proto.Hash{3}, Data: make([]byte, 3<<20)}}}
	say(t, idle, cell)
	for _, h := range hosts {
		if m := next[*proto.Cell](t, h); !reflect.DeepEqual(m, cell) {
			t.Errorf("a host gets the cell %s of %d files", m.Path, len(m.Files))
		}
	}
}

// An environment may need packages of other modules when no client waits for it: those that compile are asked, until one has them.
func TestPackagesAreLookedForWithAllClients(t *testing.T) {
	k := start(t)
	host := k.peer(proto.RoleEngineHost)
	makers := []*fakeClient{k.peer(proto.RoleClient), k.peer(proto.RoleClient)}
	for i, c := range makers {
		say(t, c, &proto.CellMaker{Kind: "here", Why: strconv.Itoa(i)})
	}
	for n := 0; n < len(makers); {
		n = len(next[*proto.CellMakers](t, host).List)
	}
	known := []proto.CellPackage{{Path: "example.com/geo", Build: "1"}}
	for _, found := range []bool{true, false} {
		need := &proto.NeedCell{Kind: "here", Imports: []string{fmt.Sprint("example.com/", found)}}
		need.Key = need.Name()
		say(t, host, need)
		for i := range makers {
			var asked *fakeClient
			for is := false; !is; {
				select {
				case m := <-makers[0].messages:
					_, is = m.(*proto.NeedCell)
					asked = makers[0]
				case m := <-makers[1].messages:
					_, is = m.(*proto.NeedCell)
					asked = makers[1]
				}
			}
			answer := &proto.Cell{Key: need.Key, Error: "no such package"}
			if i == 1 && found {
				answer = &proto.Cell{Key: need.Key, Packages: known}
			}
			say(t, asked, answer)
		}
		if m := next[*proto.Cell](t, host); found != reflect.DeepEqual(m.Packages, known) || found != (m.Error == "") {
			t.Errorf("the host gets %+v", m)
		}
	}
}
