package native

import (
	"context"
	"fmt"
)

type workspace struct {
	k   *Kit
	dir string
}

func (k *Kit) baseDir() (string, error) { return k.src.dir, nil }
func (k *Kit) need(ctx context.Context, imports []string) (*config, error) {
	if err := k.Warm(ctx, nil); err != nil {
		return nil, err
	}
	c := k.config()
	for _, i := range imports {
		if i != "unsafe" && c.Packages[i] == nil {
			return nil, fmt.Errorf("no %s", i)
		}
	}
	return c, nil
}
