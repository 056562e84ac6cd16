package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/spool"
)

// An engine's variables live in its session. A program is another process: a variable that one of its parameters stands for moves to it, and
// stays there, to be read and written in place by one call after the other, until another process of the engine wants it. So there is one
// current value at any time, and no call copies it that does not have to.

// variables are those that are not in the session, by name.
type variables map[string]*awayVariable

// awayVariable is a variable that a program has, or that went with it.
type awayVariable struct {
	by      *program
	goType  string
	changed bool   // what the session has is an older value
	lost    string // why there is no value any more
}

// lend sees to it that a program has the variables that a task refers to.
func (w *sessionWorker) lend(ctx context.Context, p *program, t *Task) error {
	for i, name := range t.Names {
		if name == "" {
			continue
		}
		w.files = t.Files
		if err := w.lendOne(ctx, p, name, t.Types[i], t.Files); err != nil {
			return err
		}
	}
	return nil
}

func (w *sessionWorker) lendOne(ctx context.Context, p *program, name, param, files string) error {
	a := w.away[name]
	if a == nil || a.by != p || a.lost != "" {
		m, changed, err := w.bring(ctx, name, files)
		if err != nil {
			return err
		}
		if a, err = w.give(p, m, changed); err != nil {
			return err
		}
	}
	if !sameType(a.goType, param) {
		return proto.Errorf(proto.KindValue, "engine %d: %s is a %s there, the parameter is a %s", int(w.id), name, a.goType, param)
	}
	return nil
}

// bring returns a variable's value, wherever it is. If it was with a program it is nowhere then.
func (w *sessionWorker) bring(ctx context.Context, name, files string) (m *proto.Variable, changed bool, err error) {
	if w.away[name] != nil {
		changed = w.away[name].changed
		if m, err = w.takeBack(ctx, name, files); m != nil || err != nil {
			return m, changed, err
		}
	}
	if !w.session().Has(name) {
		return nil, false, w.missing(&session.NoVariableError{Name: name})
	}
	goType, value, err := w.session().PullBytes(ctx, name, files)
	if err != nil {
		return nil, false, err
	}
	m = &proto.Variable{Name: name, GoType: goType, Data: value.Data}
	if value.File != "" {
		m.Data, m.File = nil, spool.At(files).PathOf(value.File)
	}
	return m, false, nil
}

// give gives a program a variable.
func (w *sessionWorker) give(p *program, m *proto.Variable, changed bool) (*awayVariable, error) {
	a := &awayVariable{by: p, goType: m.GoType, changed: changed}
	if w.away == nil {
		w.away = variables{}
		w.pool.leaving = w.leaving
	}
	w.away[m.Name] = a
	p.holds.Add(1)
	if err := p.tell(m); err != nil {
		p.kill()
		<-p.dead
		w.lose(p)
		return nil, fmt.Errorf("%w: %s", errProgramDied, p.reason)
	}
	return a, nil
}

// takeBack takes a variable from the program that has it. It returns none where the session's value is the current one; what is lost is an
// error.
func (w *sessionWorker) takeBack(ctx context.Context, name, files string) (*proto.Variable, error) {
	a := w.away[name]
	if a.lost != "" {
		return nil, w.lostError(name, a)
	}
	if !a.changed {
		w.forget(name)
		return nil, nil
	}
	m, err := w.ask(ctx, a, name, files, false)
	if err == nil {
		a.by.holds.Add(-1)
		delete(w.away, name)
	}
	return m, err
}

// ask asks the program that has a variable for its value.
func (w *sessionWorker) ask(ctx context.Context, a *awayVariable, name, files string, keep bool) (*proto.Variable, error) {
	m, err := a.by.variable(ctx, name, files, keep)
	switch {
	case errors.Is(err, errProgramDied):
		w.lose(a.by)
		return nil, w.lostError(name, a)
	case err != nil:
		return nil, err
	case m.Error != "":
		return nil, proto.Errorf(proto.KindValue, "engine %d: the value of %s cannot leave the process of the compiled function that has it: %s", int(w.id), name, m.Error)
	}
	return m, nil
}

// pullAway pulls a variable that a program has and keeps; false if it is not that.
func (w *sessionWorker) pullAway(ctx context.Context, t *Task) (k proto.Chunk, err error, ok bool) {
	a := w.away[t.Source]
	if a == nil || !a.changed || a.lost != "" {
		return k, nil, false
	}
	m, err := w.ask(ctx, a, t.Source, t.Files, true)
	if err != nil {
		return k, err, true
	}
	b := blockOf(m.Data)
	if m.File != "" {
		dir, name := filepath.Split(m.File)
		size, err := spool.At(dir).Size(name)
		if err != nil {
			return k, err, true
		}
		b = fileBlock(name, size)
	}
	k.Outputs, k.Types = []proto.Block{b}, []string{m.GoType}
	return k, nil, true
}

// fileBlock is a block of one value that is in a file.
func fileBlock(name string, size int) proto.Block {
	return proto.Block{Kind: proto.BlockVar, N: 1, Ends: binary.LittleEndian.AppendUint64(nil, uint64(size)), File: name, Size: size}
}

func (w *sessionWorker) lostError(name string, a *awayVariable) error {
	return proto.Errorf(proto.KindValue, "engine %d: the value of %s went with the process of a compiled function (%s): Push, Scatter or Execute makes it anew", int(w.id), name, a.lost)
}

// fetch puts a variable back into the session, if a program has it.
func (w *sessionWorker) fetch(ctx context.Context, name, files string) error {
	if w.away[name] == nil {
		return nil
	}
	m, err := w.takeBack(ctx, name, files)
	if m == nil || err != nil {
		return err
	}
	if err := w.session().Assign(ctx, name, session.Bytes{Data: m.Data, File: m.File}); err != nil {
		return err
	}
	if m.File != "" {
		_ = os.Remove(m.File) // else it goes with its directory
	}
	return nil
}

// fetchAll puts all variables back into the session.
func (w *sessionWorker) fetchAll(ctx context.Context, files string) error {
	for name := range w.away {
		if err := w.fetch(ctx, name, files); err != nil {
			return err
		}
	}
	return nil
}

// leaving puts the variables of a program back that is about to be ended.
func (w *sessionWorker) leaving(p *program) {
	for name, a := range w.away {
		if a.by != p || a.lost != "" {
			continue
		}
		if err := w.fetch(context.Background(), name, w.files); err != nil {
			a.lost = err.Error()
		}
	}
}

// used notes what a program may have done to the variables that a task refers to. If its process had to be ended they are as they were before
// the task, unless another one had changed them.
func (w *sessionWorker) used(p *program, t *Task, spoilt bool) {
	if spoilt {
		w.lose(p)
		return
	}
	for i, name := range t.Names {
		if a := w.away[name]; a != nil && mayChange(t.Types[i]) {
			a.changed = true
		}
	}
}

// lose takes note that a program has ended.
func (w *sessionWorker) lose(p *program) {
	for name, a := range w.away {
		switch {
		case a.by != p || a.lost != "":
		case a.changed:
			a.lost = p.reason
		default:
			delete(w.away, name)
		}
	}
	p.holds.Store(0)
}

// forget has the session's value be the current one, or the one that is to come.
func (w *sessionWorker) forget(name string) {
	a := w.away[name]
	if a == nil {
		return
	}
	delete(w.away, name)
	if a.lost == "" {
		a.by.holds.Add(-1)
		_ = a.by.tell(&proto.Variable{Name: name, Missing: true}) // or it has ended
	}
}

// variable takes a variable from a program.
func (p *program) variable(ctx context.Context, name, files string, keep bool) (*proto.Variable, error) {
	defer context.AfterFunc(ctx, p.kill)()
	m := &proto.NeedVariable{Name: name, Keep: keep}
	if files != "" {
		m.File, _ = spool.At(files).Reserve() // else it comes through the pipe
	}
	err := p.tell(m)
	for err == nil {
		select {
		case m := <-p.answers:
			if v, ok := m.(*proto.Variable); ok && v.Name == name {
				return v, nil
			}
		case <-p.dead:
			err = errProgramDied
		}
	}
	p.kill()
	<-p.dead
	return nil, fmt.Errorf("%w: %s", errProgramDied, p.reason)
}

// mayChange reports whether a function may change the variable that its parameter of a type stands for.
func mayChange(param string) bool {
	t, err := codec.ParseType(param)
	return err != nil || !slices.Contains(values, t.Kind())
}

// values are the kinds of types that have no parts that could be shared.
var values = []reflect.Kind{
	reflect.Bool, reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
	reflect.Uint32, reflect.Uint64, reflect.Uintptr, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128,
}

// sameType reports whether a variable of a type suits a parameter, wherever either is interpreted. Types that have no structural text are
// compared when the value is decoded.
func sameType(variable, param string) bool {
	variable, param = session.Plain(variable), session.Plain(param)
	if variable == param || "*"+variable == param {
		return true
	}
	v, err := codec.ParseType(variable)
	if err != nil {
		return true
	}
	p, err := codec.ParseType(param)
	return err != nil || v == p || reflect.PointerTo(v) == p
}
