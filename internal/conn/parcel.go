package conn

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// putTries bounds how often parts are sent that a controller has not got, because the connection has broken meanwhile.
const putTries = 5

// Put makes a parcel the cluster's. read is to call f with each of its parts, as often as it is called.
func (c *Conn) Put(ctx context.Context, p proto.Parcel, parts []proto.Hash, read func(f func(proto.Hash, []byte) error) error) (*proto.Parcels, error) {
	for range putTries {
		answer, err := c.parcels(ctx, func(seq uint64) proto.Message { return &proto.Put{Seq: seq, Parcel: p, Parts: parts} })
		if err != nil || len(answer.Needs) == 0 {
			return answer, err
		}
		needs := map[proto.Hash]bool{}
		for _, h := range answer.Needs {
			needs[h] = true
		}
		err = read(func(h proto.Hash, data []byte) error {
			if !needs[h] {
				return nil
			}
			delete(needs, h)
			return lasting(ctx, c.link.SendWait(ctx, c.sendable(&proto.Object{Hash: h, Data: slices.Clone(data)})))
		})
		if err != nil {
			return nil, err
		}
		if len(needs) > 0 {
			return nil, errors.New("it has changed while it was sent: put it again")
		}
	}
	return nil, fmt.Errorf("the controller did not get all of it, although it was sent %d times", putTries)
}

// Parcels asks for the cluster's parcels, or for that of a version, once their state is another than after.
func (c *Conn) Parcels(ctx context.Context, version, after uint64) (*proto.Parcels, error) {
	return c.parcels(ctx, func(seq uint64) proto.Message { return &proto.ParcelsRequest{Seq: seq, Version: version, After: after} })
}

// ForgetParcel has the cluster forget a parcel.
func (c *Conn) ForgetParcel(ctx context.Context, version uint64) error {
	_, err := c.parcels(ctx, func(seq uint64) proto.Message { return &proto.ParcelsRequest{Seq: seq, Version: version, Forget: true} })
	return err
}

func (c *Conn) parcels(ctx context.Context, about func(seq uint64) proto.Message) (*proto.Parcels, error) {
	return ask[*proto.Parcels](ctx, c, "answer about what was put", about)
}
