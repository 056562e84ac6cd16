package controller_test

import (
	"errors"
	"os"
	"testing"

	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

func TestAJobOverTheUnixSocket(t *testing.T) {
	k := start(t, func(cfg *controller.Config) { cfg.Local = true })
	path := k.c.Local()
	if (path != "") != zmtp.LocalWorks {
		t.Errorf("the controller listens on %q", path)
	}
	k.host(2)
	if end := k.client().run(t, squares(100)); end.State != proto.JobDone {
		t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
	}
	if err := k.c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", path, err)
	}
}
