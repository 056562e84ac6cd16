package launch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// executable is gocluster for some platform, as a file of this machine.
type executable struct {
	path string
	hash string // of its contents, in hexadecimal
	size int64
}

// hashLength is how much of a hash names a file.
const hashLength = 16

// executables finds executables, each once.
type executables struct {
	mu    sync.Mutex
	found map[string]*executable
}

// forPlatform returns gocluster for a platform: one that was put into the profiles' folder, this process's own executable, or one that is built
// from the sources that this one was built from.
func (x *executables) forPlatform(ctx context.Context, platform string) (*executable, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.found[platform]; e != nil {
		return e, nil
	}
	path, err := locate(ctx, platform)
	if err != nil {
		return nil, err
	}
	e, err := hashed(path)
	if err != nil {
		return nil, err
	}
	if x.found == nil {
		x.found = map[string]*executable{}
	}
	x.found[platform] = e
	return e, nil
}

func hashed(path string) (*executable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return &executable{path, hex.EncodeToString(h.Sum(nil))[:hashLength], size}, nil
}

func locate(ctx context.Context, platform string) (string, error) {
	root, err := profiles.Dir()
	if err != nil {
		return "", err
	}
	name := "gocluster-" + strings.ReplaceAll(platform, "/", "-")
	given := filepath.Join(root, "bin", name)
	if _, err := os.Stat(given); err == nil {
		return given, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if platform == runtime.GOOS+"/"+runtime.GOARCH {
		return os.Executable()
	}
	built, err := crossBuild(ctx, platform, name)
	if err != nil {
		return "", fmt.Errorf("it is %s and this machine %s/%s: %w\nPut a gocluster of the same version that was built for %s here: %s",
			platform, runtime.GOOS, runtime.GOARCH, err, platform, given)
	}
	return built, nil
}

// sources returns the folder of the sources that this executable was built from.
func sources() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", errors.New("where its sources are is not known")
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if _, err := os.Stat(filepath.Join(root, "cmd", "gocluster", "main.go")); err != nil {
		return "", errors.New("the sources that this gocluster was built from are not there any more")
	}
	return root, nil
}

// crossBuild builds gocluster for another platform. The toolchain's cache makes it quick the next time.
func crossBuild(ctx context.Context, platform, name string) (string, error) {
	root, err := sources()
	if err != nil {
		return "", err
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("there is no Go toolchain to build a gocluster for it")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	out := filepath.Join(cache, "gocluster", "bin", fmt.Sprintf("%s-%d", name, proto.Version))
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd := exec.CommandContext(ctx, tool, "build", "-o", out, "./cmd/gocluster")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building a gocluster for it fails: %w: %s", err, strings.TrimSpace(string(said)))
	}
	return out, nil
}
