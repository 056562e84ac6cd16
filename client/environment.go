package client

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/views"
)

// LoadEnv makes Go source the cluster's environment: each engine's session runs it, as a cell, now; and an engine that comes later, or whose
// process is replaced or whose session is cleared, runs it before it has any task. Text of one line that ends in ".go", or that is the path of
// a file, stands for that file's contents. Loaded again, what is edited takes the place of what was declared before; what is no longer there stays
// until the sessions are cleared.
//
// What runs in the engines' sessions sees the environment's names: Execute, Pull, Gather and %%px. A function that is sent (by Map
// or Apply) does not: it brings what it uses along.
//
// If there is an error on some engine, which it names with the line, the cluster's environment stays the one it was. An engine that comes later and
// fails to run the environment takes no tasks: it is started again, and why is among its deaths in Status.
func (c *Client) LoadEnv(ctx context.Context, fileOrSource string) error {
	name, source, err := environment(fileOrSource)
	if err != nil {
		return err
	}
	ctx, stop := withAmbient(ctx)
	defer stop()
	st, err := c.conn.Engines(ctx)
	if err != nil {
		return err
	}
	if ids := working(st); len(ids) > 0 {
		if err := views.LoadEnvironment(ctx, c.conn, ids, name, source); err != nil {
			return fmt.Errorf("loading %s: %w", name, err)
		}
	}
	return c.conn.SetEnvironment(ctx, name, source)
}

// working lists the engines that take tasks. Those that are being started have time for an environment before.
func working(st *proto.Status) []proto.EngineID {
	var ids []proto.EngineID
	for _, e := range st.Engines {
		if e.State == proto.EngineIdle || e.State == proto.EngineBusy {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// environment tells a file from source, and returns how to call what is in it.
func environment(text string) (name, source string, err error) {
	if strings.TrimSpace(text) == "" {
		return "", "", fmt.Errorf("the environment is empty: give Go source, or the path of a file with it")
	}
	path := strings.TrimSpace(text)
	if strings.Contains(path, "\n") {
		return "environment", text, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", "", fmt.Errorf("%s is a folder: the environment is one file of Go source", path)
	case err != nil && !strings.HasSuffix(path, ".go"):
		return "environment", text, nil
	case err != nil:
		return "", "", fmt.Errorf("reading the environment: %w", err)
	}
	read, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("reading the environment: %w", err)
	}
	return filepath.Base(path), string(read), nil
}
