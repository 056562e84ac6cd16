package sched

import (
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// check says what is wrong with a job, and resolves "every engine" for jobs that are bound to engines.
func (s *Scheduler) check(spec *proto.JobSpec) *proto.Error {
	bad := func(format string, args ...any) *proto.Error {
		return proto.Errorf(proto.KindValue, "the job is malformed: "+format, args...)
	}
	switch {
	case spec.ID == proto.JobID{}:
		return bad("it has no id")
	case spec.Kind < proto.JobCall || spec.Kind > proto.JobLoad:
		return bad("its kind is %d", spec.Kind)
	case spec.Placement < proto.PlaceAny || spec.Placement > proto.PlaceEach:
		return bad("its placement is %d", spec.Placement)
	case spec.Chunk < 0 || spec.Retries < 0 || spec.Timeout < 0:
		return bad("chunk size %d, retries %d and timeout %v must not be negative", spec.Chunk, spec.Retries, spec.Timeout)
	case spec.Open && spec.Placement != proto.PlaceAny:
		return bad("only load-balanced jobs take more elements later")
	case len(spec.Objects) > 0 && len(spec.Objects) != len(spec.Names) && len(spec.Objects) != len(spec.Names)*spec.Count():
		return bad("%d objects for %d names and %d elements", len(spec.Objects), len(spec.Names), spec.Count())
	case spec.Kind == proto.JobCall && spec.Code.IsZero():
		return bad("it calls a function but names no code")
	}
	if err := s.checkTargets(spec); err != nil {
		return err
	}
	if len(spec.Needs) > 0 {
		if err := s.checkNeeds(spec); err != nil {
			return err
		}
	}
	return s.checkInputs(spec)
}

func (s *Scheduler) checkTargets(spec *proto.JobSpec) *proto.Error {
	if len(spec.Targets) == 0 && spec.Placement != proto.PlaceAny {
		spec.Targets = s.present()
		if len(spec.Targets) == 0 {
			return proto.Errorf(proto.KindNoEngine, "the cluster has no engines: start some with goengine")
		}
	}
	if len(spec.Targets) == 0 {
		return nil
	}
	seen := make(map[proto.EngineID]bool, len(spec.Targets))
	for _, id := range spec.Targets {
		e := s.engineAt(id)
		switch {
		case seen[id]:
			return proto.Errorf(proto.KindNoEngine, "engine %d is named twice", int(id))
		case e == nil || e.host == nil && e.death == "":
			return proto.Errorf(proto.KindNoEngine, "there is no engine %d: there are %s", int(id), s.presentText())
		case e.host == nil:
			return proto.Errorf(proto.KindNoEngine, "engine %d is lost (%s): there are %s", int(id), e.death, s.presentText())
		case e.leavingText() != "":
			return proto.Errorf(proto.KindNoEngine, "%s", e.leavingText())
		}
		seen[id] = true
	}
	spec.Targets = slices.Clone(spec.Targets)
	return nil
}

func (s *Scheduler) presentText() string {
	if ids := s.present(); len(ids) > 0 {
		return enginesText(ids)
	}
	return "none"
}

func (s *Scheduler) checkInputs(spec *proto.JobSpec) *proto.Error {
	n := spec.Count()
	for i, b := range spec.Inputs {
		if b.N != n {
			return proto.Errorf(proto.KindValue, "input %d has %d elements, the first has %d: they go together one by one", i, b.N, n)
		}
	}
	if spec.Placement == proto.PlaceEach && len(spec.Inputs) > 0 && n != 1 && n != len(spec.Targets) {
		return proto.Errorf(proto.KindValue, "%d elements for %d engines: give one for all or one for each", n, len(spec.Targets))
	}
	if spec.Kind == proto.JobPush && len(spec.Inputs) != len(spec.Names) {
		return proto.Errorf(proto.KindValue, "%d values for %d names", len(spec.Inputs), len(spec.Names))
	}
	return s.checkCount(n)
}

func (s *Scheduler) checkCount(n int) *proto.Error {
	if n > s.cfg.Elements {
		return proto.Errorf(proto.KindValue, "%d elements are more than a job may have (%d)", n, s.cfg.Elements)
	}
	return nil
}

// elements returns how many elements a checked job has at first.
func (s *Scheduler) elements(spec *proto.JobSpec) int {
	switch {
	case spec.Placement == proto.PlaceEach:
		return len(spec.Targets)
	case spec.Open && len(spec.Inputs) == 0:
		return 0
	}
	return spec.Count()
}

func (s *Scheduler) checkExtend(j *job, m *proto.Extend, n int) *proto.Error {
	for i, b := range m.Inputs {
		if b.N != n {
			return proto.Errorf(proto.KindValue, "input %d has %d more elements, the first has %d: they go together one by one", i, b.N, n)
		}
	}
	if m.First < 0 || m.First > j.total {
		return proto.Errorf(proto.KindController, "the elements from %d to %d of the job never arrived", j.total, m.First-1)
	}
	return s.checkCount(j.total + n)
}
