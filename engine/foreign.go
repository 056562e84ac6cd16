package engine

import (
	"context"
	"errors"
	"go/types"
	"maps"
	"slices"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/proto"
)

// Cells of an engine's session import packages of other modules as the session of the job's client has them. The client says which builds of
// them it has, when a cell imports one; what a build declares is read once on a machine. A session's process can have one build of a package
// only, so that of another client is refused.

// foreign are the packages of other modules that a session knows.
type foreign struct {
	held map[string]proto.CellPackage // that the process may have, by path
	task map[string]proto.CellPackage // that the task's cell may bring
	said map[string]imported          // by import path, what has come of imports of the task
}

// imported is what came of an import.
type imported struct {
	pkg *types.Package
	err error
}

// begin forgets what only concerned the task before.
func (f *foreign) begin() { f.task, f.said = map[string]proto.CellPackage{}, map[string]imported{} }

// hold notes that the task's packages may be in the process.
func (f *foreign) hold() {
	if f.held == nil {
		f.held = map[string]proto.CellPackage{}
	}
	maps.Copy(f.held, f.task)
}

// of returns those of the imports that are of other modules.
func (f *foreign) of(imports []string) (all []proto.CellPackage) {
	for _, path := range imports {
		if p, ok := f.held[path]; ok {
			all = append(all, p)
		} else if p, ok := f.task[path]; ok {
			all = append(all, p)
		}
	}
	return all
}

// take takes what a client has, unless the process has other builds.
func (f *foreign) take(all []proto.CellPackage) error {
	var conflict error
	for _, theirs := range all {
		for _, known := range []map[string]proto.CellPackage{f.held, f.task} {
			ours, ok := known[theirs.Path]
			if !ok || ours.Build == theirs.Build {
				continue
			}
			if conflict == nil || ours.Version != theirs.Version {
				conflict = proto.Conflict(ours, theirs)
			}
		}
	}
	if conflict != nil {
		return conflict
	}
	for _, p := range all {
		f.task[p.Path] = p
	}
	return nil
}

// Import gives the session's front end a package of another module.
func (w *sessionWorker) Import(path string) (*types.Package, error) {
	if w.cellsBy == nil {
		return nil, errNobody
	}
	if done, ok := w.foreign.said[path]; ok {
		return done.pkg, done.err
	}
	pkg, err := w.cellsBy.load(w.task, w.job, path, w.foreign.take)
	w.foreign.said[path] = imported{pkg, err}
	return pkg, err
}

// load asks the client of a job for a package, and reads it if no session on this machine has had it. take says whether the builds will do.
func (c *cells) load(ctx context.Context, job proto.JobID, path string, take func([]proto.CellPackage) error) (*types.Package, error) {
	kind, err := c.kind()
	if err != nil {
		return nil, err
	}
	for _, declarations := range []bool{false, true} {
		need := &proto.NeedCell{Kind: kind, Imports: []string{path}, Job: job, Declarations: declarations}
		need.Key = need.Name()
		answer, err := c.ask(ctx, need)
		if err != nil {
			return nil, err
		}
		if err := take(answer.Packages); err != nil {
			return nil, err
		}
		builds := map[string]native.Foreign{}
		for _, p := range answer.Packages {
			builds[p.Path] = native.Foreign(p)
		}
		if p := c.types.Find(builds[answer.Path]); p != nil {
			return p, nil
		}
		if declarations {
			data := map[string][]byte{}
			for _, d := range answer.Declarations {
				data[d.Path] = slices.Clone(d.Data) // the message's memory is not ours
			}
			return c.types.Read(answer.Path, builds, data)
		}
	}
	return nil, errors.New("a package has been asked for in vain: this is a defect of gocluster")
}
