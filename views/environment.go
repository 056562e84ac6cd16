package views

import (
	"context"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
)

// LoadEnvironment runs source in the sessions of some engines for package client, which makes it the cluster's environment then.
func LoadEnvironment(ctx context.Context, c *conn.Conn, targets []proto.EngineID, name, source string) error {
	b := base{conn: c, targets: targets}.with([]Option{Context(ctx), Cell(name, 1)})
	return b.run("load "+name, proto.JobSpec{
		Kind: proto.JobLoad, Placement: proto.PlaceEach, Targets: targets, Source: source, Func: name,
	}, nil, shape{}, nil).finish().Err()
}
