package build

import (
	"embed"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/profiling/cpu"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/toolchain"
	"github.com/gocluster/gocluster/internal/unit/worker"
)

// WorkerPath is the package that every program is made with.
const WorkerPath = module + "/internal/unit/worker"

const module = "github.com/gocluster/gocluster"

// What can show something reaches hostPath; screenPath gives it a screen.
const (
	hostPath   = module + "/internal/session/host"
	screenPath = WorkerPath + "/screen"
)

// source is the source of the packages that programs are made with.
type source struct {
	id    string
	files map[string]string
}

var sources = sync.OnceValue(func() source {
	s := source{files: map[string]string{"go.mod": "module " + module + "\n\ngo " + strings.TrimPrefix(toolchain.Language(), "go") + "\n"}}
	for dir, files := range map[string]embed.FS{"internal/proto": proto.Source, "internal/codec": codec.Source, "internal/profiling/cpu": cpu.Source, "internal/unit/worker": worker.Source} {
		entries, _ := files.ReadDir(".") // it is in memory
		for _, e := range entries {
			name := e.Name()
			if strings.HasSuffix(name, "_test.go") || name == "source.go" {
				continue
			}
			data, _ := files.ReadFile(name)
			s.files[dir+"/"+name] = string(data)
		}
	}
	var parts []string
	for name, text := range s.files {
		parts = append(parts, name+"\n"+text)
	}
	slices.Sort(parts)
	s.id = toolchain.Digest(parts...)
	return s
})

// workspace writes that source out, and returns its directory.
func (b *Builder) workspace() (string, error) {
	s := sources()
	dir := filepath.Join(b.o.Cache, "src", s.id)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		return "", err
	}
	for name, text := range s.files {
		file := filepath.Join(made, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			return "", err
		}
	}
	if err := os.Rename(made, dir); err != nil {
		_ = os.RemoveAll(made)
		if _, there := os.Stat(dir); there != nil {
			return "", err
		}
	}
	return dir, nil
}

// write puts a file in place, whole or not at all.
func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// keepReady is how many programs are kept in memory.
const keepReady = 16

func (b *Builder) known(key string) *proto.Object {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ready[key]
}

func (b *Builder) keep(key string, o *proto.Object) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ready[key] == nil {
		b.order = append(b.order, key)
	}
	b.ready[key] = o
	for len(b.order) > keepReady {
		delete(b.ready, b.order[0])
		b.order = b.order[1:]
	}
}

func (b *Builder) file(key string) string {
	return filepath.Join(b.o.Cache, "programs", key[:2], key)
}

// load takes a program from the disk. A damaged one is none.
func (b *Builder) load(key string) (*proto.Object, error) {
	if err := b.placed(); err != nil {
		return nil, err
	}
	name := b.file(key)
	sum, err := os.ReadFile(name + ".sum")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	o := &proto.Object{Hash: proto.HashOf(data), Data: data}
	if hex.EncodeToString(o.Hash[:]) != string(sum) {
		_ = errors.Join(os.Remove(name), os.Remove(name+".sum")) // it is built again in any case
		return nil, errors.New("the program in the cache is damaged")
	}
	toolchain.Used(name)
	b.keep(key, o)
	return o, nil
}

// store keeps a program for other processes.
func (b *Builder) store(key, file string, hash proto.Hash) {
	name := b.file(key)
	err := os.MkdirAll(filepath.Dir(name), 0o700)
	if err == nil {
		err = os.Rename(file, name)
	}
	if err == nil {
		_ = write(name+".sum", []byte(hex.EncodeToString(hash[:])))
	}
	b.trim()
}

// trim removes the least recently used programs until what is left is within the limit, and what builds have left that were ended.
func (b *Builder) trim() {
	_ = toolchain.Trim(filepath.Join(b.o.Cache, "programs"), b.o.Limit, ".sum") // the next one tries again
	left, _ := filepath.Glob(filepath.Join(b.o.Cache, "build-*"))
	for _, dir := range left {
		if st, err := os.Stat(dir); err == nil && time.Since(st.ModTime()) > time.Hour {
			_ = os.RemoveAll(dir)
		}
	}
}
