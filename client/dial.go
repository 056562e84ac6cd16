package client

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
	"github.com/gocluster/gocluster/profiles"
)

// spillBytes is how much disk a client may take for values that engines may still have to be sent.
const spillBytes = 16 << 30

// overflow is where values go that have no room in memory.
func overflow() *spool.Overflow {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	return spool.NewOverflow(spool.Folder(filepath.Join(cache, "gocluster")), spillBytes)
}

// giveUp is how long a connection that broke may take to come back before the controller counts as gone.
const giveUp = 8 * time.Second

// dialer connects to the controller that a connection file tells of, by way of a host if one is given.
func dialer(file *profiles.ConnFile, way *profiles.Via) link.Dialer {
	return func(ctx context.Context, h link.ClientHandler) (link.End, error) {
		tls, err := file.ClientTLS()
		if err != nil {
			return nil, err
		}
		host, err := os.Hostname()
		if err != nil {
			host = "unknown host"
		}
		cfg := link.DialConfig{Addrs: file.Addrs, Local: file.Local, TLS: tls, Role: proto.RoleClient, Name: host, Handler: h, GiveUp: giveUp}
		if way != nil {
			cfg.DialFunc, cfg.Local = way.Dial, ""
		}
		l, err := link.Dial(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return l, nil
	}
}
