package peers

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// Who is compared. Goroutines are the same functions in this process.
const (
	Ours        = "gocluster"
	Goroutines  = "goroutines"
	NATS        = "NATS"
	Ipyparallel = "ipyparallel"
	Dask        = "Dask"
	Ray         = "Ray"
)

// All are the peers in the order of tables; Python are those that do all of the work.
var (
	All    = []string{Ours, Goroutines, NATS, Ipyparallel, Dask, Ray}
	Python = []string{Ipyparallel, Dask, Ray}
)

// Dir is where install.sh puts peers, seen from the repository's root.
const Dir = "build/peers"

//go:embed peers.py
var program string

// Spec says how a peer is run.
type Spec struct {
	Name string
	// file must be there, and is made by install.sh; args make the command of it. The program for Python comes before them.
	file string
	args []string
	// Works are those that it does.
	Works []Work
	// Within is set where a part of the cluster is in the client's process: then nobody can tell their memory apart.
	Within bool
}

// Does reports whether the peer does a work.
func (s Spec) Does(w Work) bool { return slices.Contains(s.Works, w) }

var pythonWorks = []Work{Start, RoundTrip, Submit, Map, Pi, Factors, Islands, Push, Gather, Naps}

// Specs are the peers as they are installed in a directory.
func Specs(dir string) []Spec {
	python, nats := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "bin", "nats-bench")
	if runtime.GOOS == "windows" {
		python, nats = filepath.Join(dir, "Scripts", "python.exe"), nats+".exe"
	}
	return []Spec{
		{Name: NATS, file: nats, Works: []Work{Start, RoundTrip, Submit}, Within: true},
		{Name: Ipyparallel, file: python, args: []string{"ipyparallel"}, Works: pythonWorks},
		{Name: Dask, file: python, args: []string{"dask"}, Works: pythonWorks},
		{Name: Ray, file: python, args: []string{"ray"}, Works: pythonWorks},
	}
}

// Installed returns nil if the peer's program is there, else what to do.
func (s Spec) Installed() error {
	if _, err := os.Stat(s.file); err != nil {
		return fmt.Errorf("there is no %s here: `make peers` makes it", s.file)
	}
	return nil
}
