package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/types"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/native/load"
	"github.com/gocluster/gocluster/internal/proto"
)

// Tier is how cells run.
type Tier string

// The tiers. TierAuto is native where everything that it needs is there when the first cell comes.
const (
	TierAuto        Tier = "auto"
	TierInterpreted Tier = "interpreted"
	TierNative      Tier = "native"
)

// tiers is which tier a session has, and what compiles its cells.
type tiers struct {
	mu        sync.Mutex
	wanted    Tier
	now       Tier     // TierAuto until the first cell
	elsewhere Compiler // that compiles in place of a kit
	loaded    bool     // a cell was loaded; of who has the turn
	kit       *native.Kit
	missing   error         // why there is no kit
	found     chan struct{} // closed when kit or missing is set; nil if nobody asked for a kit
	warm      chan struct{} // closed when the kit is ready, or never will be
	cold      error         // why it never will be
	doing     string        // what Warm is doing
	resting   bool          // what cells may import is being compiled
}

// native reports whether cells are compiled.
func (t *tiers) native() bool { return t.runs() == TierNative }

// runs is the tier that has been decided on, TierAuto if none has.
func (t *tiers) runs() Tier {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

func (t *tiers) set(now Tier) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = now
}

// reopen lets the next cell decide again.
func (t *tiers) reopen() { t.set(TierAuto) }

func (t *tiers) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kit == nil {
		return nil
	}
	return t.kit.Close()
}

// findKit begins to look for what the native tier needs, and to prepare it, if the session may use it.
func (s *Session) findKit() error {
	t := &s.tiers
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now == "" {
		t.now, t.wanted = TierAuto, s.opts.Tier
		if t.wanted == "" {
			t.wanted = TierInterpreted
		}
	}
	t.elsewhere = s.opts.Compiler
	if t.wanted == TierInterpreted || t.found != nil || t.elsewhere != nil {
		return nil
	}
	t.found, t.warm = make(chan struct{}), make(chan struct{})
	o := native.Options{Work: s.opts.Dir, Env: slices.Clone(s.opts.Env)} // they may change meanwhile
	return s.group.Go("native tier", func(ctx context.Context) error {
		defer close(t.warm)
		kit, err := native.Find(ctx, o)
		t.mu.Lock()
		old := t.kit
		t.kit, t.missing = kit, err
		t.mu.Unlock()
		if old != nil {
			_ = old.Close() // the new one takes its place
		}
		close(t.found)
		if err != nil || kit.Ready() {
			return nil
		}
		err = kit.Warm(ctx, func(text string) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.doing = text
		})
		t.mu.Lock()
		defer t.mu.Unlock()
		t.cold = err
		return nil
	})
}

// ready waits for the native tier, and says why there is none.
func (t *tiers) ready(ctx context.Context) error {
	t.mu.Lock()
	warm := t.warm
	t.mu.Unlock()
	if warm == nil {
		return errors.New("nobody has asked for it")
	}
	select {
	case <-warm:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.missing, t.cold)
}

// isThere waits until the native tier was looked for, and reports whether all that it needs is there.
func (t *tiers) isThere(ctx context.Context) bool {
	t.mu.Lock()
	found := t.found
	if t.elsewhere != nil {
		defer t.mu.Unlock()
		t.missing = t.elsewhere.There()
		return t.missing == nil
	}
	t.mu.Unlock()
	if found == nil {
		return false
	}
	select {
	case <-found:
	case <-ctx.Done():
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.missing == nil
}

// coldError is why nothing can be compiled, although all that it needs is there.
type coldError struct{ error }

// warm waits until cells can be compiled. Once on a machine that takes a while.
func (s *Session) warm(ctx context.Context, out Output) error {
	if s.tiers.elsewhere != nil {
		return nil
	}
	stop := s.patiently(out)
	defer stop()
	if err := s.tiers.ready(ctx); err != nil && ctx.Err() == nil {
		return coldError{err}
	}
	return nil
}

// giveUp turns a session that may be interpreted to that, since nothing can be compiled.
func (s *Session) giveUp(ctx context.Context, why coldError, out Output) error {
	if s.tiers.wish(false) != TierAuto {
		return tierError(why.error)
	}
	if vars := s.variables(); s.tiers.elsewhere != nil && len(vars) > 0 {
		text := "this cell has to be compiled, as those before it were, and now that cannot be done: " + why.Error()
		return &CellError{Kind: proto.KindCompile, EName: "TierError", Message: text, Trace: []string{"TierError: " + text},
			Hint: "clear the session, which loses " + strings.Join(vars, ", ")}
	}
	lost, err := s.change(ctx, TierInterpreted)
	if err != nil {
		return err
	}
	if s.tiers.elsewhere != nil {
		s.tiers.mu.Lock()
		s.tiers.missing = why.error // it is said with the result
		s.tiers.mu.Unlock()
		return nil
	}
	text := "cells cannot be compiled here (" + why.Error() + "); the session is interpreted from now on"
	if len(lost) > 0 {
		text += ", and has lost the values of " + strings.Join(lost, ", ")
	}
	if out != nil {
		out.Stderr(text + "\n")
	}
	return nil
}

// settle decides in which tier the session runs, if that is still open; compile asks for the native one. The caller has the turn.
func (s *Session) settle(ctx context.Context, compile bool, out Output) error {
	t := &s.tiers
	if t.runs() != TierAuto {
		if compile && !t.native() {
			return s.goNative(ctx, out)
		}
		return nil
	}
	switch t.wish(compile) {
	case TierNative:
		return s.goNative(ctx, out)
	case TierAuto:
		if t.isThere(ctx) {
			return s.choose(TierNative)
		}
	}
	return s.choose(TierInterpreted)
}

// wish is the tier that is wanted; compile says that by now it is the native one.
func (t *tiers) wish(compile bool) Tier {
	t.mu.Lock()
	defer t.mu.Unlock()
	if compile {
		return TierNative
	}
	return t.wanted
}

// choose decides for a session that has run nothing.
func (s *Session) choose(now Tier) error {
	_, err := s.turnTo(now)
	return err
}

// turnTo makes the front end one for a tier; back undoes it.
func (s *Session) turnTo(now Tier) (back func(), err error) {
	s.front.Lock()
	defer s.front.Unlock()
	was, code := s.tiers.runs(), s.code
	other, err := code.For(now == TierNative)
	if err != nil {
		return nil, compileError(err)
	}
	s.code = other
	s.tiers.set(now)
	return func() {
		s.front.Lock()
		defer s.front.Unlock()
		s.code = code
		s.tiers.set(was)
	}, nil
}

// goNative makes the session native because the user wants that, unless variables would be lost.
func (s *Session) goNative(ctx context.Context, out Output) error {
	stop := s.patiently(out)
	err := s.wantNative(ctx)
	stop()
	if err != nil {
		return tierError(err)
	}
	if s.tiers.runs() == TierAuto {
		return s.choose(TierNative)
	}
	if vars := s.variables(); len(vars) > 0 {
		return &CellError{EName: "TierError", Message: "this cell asks for the compiler, and the session is interpreted", Hint: "%tier native --force, which loses " + strings.Join(vars, ", "),
			Trace: []string{"TierError: this cell asks for the compiler, and the session is interpreted (%tier native --force changes that, and loses " + strings.Join(vars, ", ") + ")"}}
	}
	_, err = s.change(ctx, TierNative)
	return err
}

// Preparing is what a cell prints that waits for the compiler for long.
const Preparing = "preparing compiled cells: the standard library is compiled, once on a machine ...\n"

// patiently tells people that the cell waits, if it does so for long.
func (s *Session) patiently(out Output) (stop func()) {
	if out == nil {
		return func() {}
	}
	over, said := make(chan struct{}), make(chan struct{})
	if s.group.Go("preparing", func(context.Context) error {
		defer close(said)
		select {
		case <-time.After(time.Second):
			out.Stderr(Preparing)
		case <-over:
		}
		return nil
	}) != nil {
		close(said)
	}
	return func() {
		close(over)
		<-said
	}
}

func tierError(err error) *CellError {
	text := "the native tier is not available: " + err.Error()
	return &CellError{EName: "TierError", Message: text, Hint: "%tier interpreted", Trace: []string{"TierError: " + text}}
}

// wantNative looks for the native tier if that was not done, and waits for it.
func (s *Session) wantNative(ctx context.Context) error {
	t := &s.tiers
	t.mu.Lock()
	if t.wanted == TierInterpreted {
		t.wanted = TierAuto
	}
	if t.failed() { // what was missing may be there by now
		t.found, t.warm, t.missing, t.cold = nil, nil, nil, nil
	}
	t.mu.Unlock()
	if err := s.findKit(); err != nil {
		return err
	}
	return t.ready(ctx)
}

// failed reports whether the native tier was looked for in vain. The caller holds mu.
func (t *tiers) failed() bool {
	select {
	case <-t.warm:
		return t.missing != nil || t.cold != nil
	default:
		return false
	}
}

func (s *Session) variables() []string {
	s.front.Lock()
	defer s.front.Unlock()
	var names []string
	for _, d := range s.code.Vars() {
		if d.Kind == gocode.KindVar {
			names = append(names, d.Name)
		}
	}
	return names
}

// Tier returns the tier that cells run in, and says why it is that one. Before the first cell it is what the first one would get.
func (s *Session) Tier() (Tier, string) {
	t := &s.tiers
	t.mu.Lock()
	defer t.mu.Unlock()
	isReady := false
	select {
	case <-t.warm:
		isReady = t.missing == nil && t.cold == nil
	default:
	}
	why := ""
	switch {
	case t.now == TierNative || t.now == TierAuto && t.wanted != TierInterpreted && isReady:
		return TierNative, "native"
	case t.wanted == TierInterpreted:
		return TierInterpreted, "interpreted"
	case t.missing != nil:
		why = t.missing.Error()
	case t.cold != nil:
		why = t.cold.Error()
	case isReady:
		why = "the native tier was not ready for the first cell, now it is: %tier native changes to it"
	default:
		why = "the native tier is being prepared"
		if t.doing != "" {
			why += " (" + t.doing + ")"
		}
	}
	return TierInterpreted, "interpreted: " + why
}

// SetTier changes the tier: cells run in a new process, in which the declarations are restored, and the values of the variables named
// are lost. An error leaves everything as it was.
func (s *Session) SetTier(ctx context.Context, to Tier) (lost []string, err error) {
	switch to {
	case TierAuto, TierInterpreted, TierNative:
	default:
		return nil, fmt.Errorf("there is no tier %q, only auto, interpreted and native", to)
	}
	if to == TierNative {
		if err := s.wantNative(ctx); err != nil {
			return nil, tierError(err)
		}
	}
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.give()
	ctx, stop := s.running(ctx)
	defer stop()
	s.tiers.mu.Lock()
	s.tiers.wanted = to
	now := s.tiers.now
	s.tiers.mu.Unlock()
	if to == TierAuto {
		return nil, s.findKit()
	}
	if now == to || now == TierAuto {
		return nil, nil
	}
	return s.change(ctx, to)
}

// change moves a session that has run cells to another tier. The caller has the turn.
func (s *Session) change(ctx context.Context, to Tier) ([]string, error) {
	back, err := s.turnTo(to)
	if err != nil {
		return nil, err
	}
	old := s.current()
	c, err := startChild(ctx, s.opts, s.router)
	if err == nil {
		if err = s.replay(ctx, c); err == nil {
			err = s.adopt(c)
		} else {
			c.close()
		}
	}
	if err != nil {
		back()
		return nil, err
	}
	old.close()
	s.front.Lock()
	lost := s.code.Lose()
	s.front.Unlock()
	return lost, nil
}

// build compiles a cell.
func (t *tiers) build(ctx context.Context, c *gocode.Compiled) (load.Plugins, error) {
	build := t.kit.Build
	if t.elsewhere != nil {
		build = t.elsewhere.Build
	}
	p, err := build(ctx, c.Source, c.Imports)
	if err == nil || ctx.Err() != nil {
		return p, err
	}
	if cold := (*ColdError)(nil); errors.As(err, &cold) {
		return p, coldError{cold}
	}
	return p, internal("the cell was not compiled: "+firstLine(err.Error()), strings.Split(err.Error(), "\n")[1:])
}

// setenv tells what compiles cells of a change of the environment.
func (t *tiers) setenv(r placeRequest) {
	kit := t.there()
	switch {
	case kit == nil:
	case r.Unset:
		kit.SetEnv(r.Name, nil)
	default:
		kit.SetEnv(r.Name, &r.Value)
	}
}

// there returns what compiles cells, when it has been found, or nil.
func (t *tiers) there() *native.Kit {
	t.mu.Lock()
	found := t.found
	t.mu.Unlock()
	if found == nil {
		return nil
	}
	<-found
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kit
}

// work tells what compiles cells that the working directory has changed.
func (t *tiers) work(ctx context.Context, dir string) error {
	kit := t.there()
	if kit == nil {
		return nil
	}
	return kit.SetWork(ctx, dir)
}

// rest has what cells are likely to import compiled, beside the cells. It is done for people, who have time between them.
func (s *Session) rest() {
	t := &s.tiers
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.resting || t.kit == nil || t.wanted != TierAuto || t.now != TierNative {
		return
	}
	t.resting = true
	kit := t.kit
	_ = s.group.Go("packages", func(ctx context.Context) error {
		_ = kit.Rest(ctx, nil) // a cell that imports such a package will say what is wrong
		return nil
	})
}

// importPackage gives the front end packages that are neither of the standard library nor ours. While a cell is planned, a module that
// is not there is fetched.
func (s *Session) importPackage(path string) (*types.Package, error) {
	t := &s.tiers
	switch t.mu.Lock(); {
	case t.elsewhere != nil && t.now == TierInterpreted:
		defer t.mu.Unlock()
		return nil, fmt.Errorf("packages of other modules are for cells that are compiled, and this engine's are interpreted: %w; a function that is mapped or applied brings along what it imports",
			cmp.Or(t.missing, errors.New("its session was begun so")))
	case t.elsewhere != nil:
		t.mu.Unlock()
		return t.elsewhere.Import(path)
	case t.now == TierInterpreted:
		t.mu.Unlock()
		return nil, errors.New("packages from elsewhere need the native tier (%tier native)")
	}
	t.mu.Unlock()
	k, err := s.theKit()
	if err != nil {
		return nil, err
	}
	pkg, err := k.Import(path)
	if err != nil && s.planning.ctx != nil {
		if _, err = k.Resolve(s.planning.ctx, path, said{s.planning.out}); err == nil {
			return k.Import(path)
		}
	}
	return pkg, err
}

// theKit returns what compiles cells, if there is such a thing.
func (s *Session) theKit() (*native.Kit, error) {
	t := &s.tiers
	t.mu.Lock()
	found := t.found
	t.mu.Unlock()
	if t.elsewhere != nil {
		return nil, errors.New("an engine's session has no modules of its own: what its cells import is what the client's session has")
	}
	if found == nil {
		return nil, errors.New("packages from elsewhere need the native tier (%tier native)")
	}
	<-found
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.missing != nil {
		return nil, fmt.Errorf("packages from elsewhere need the native tier: %w", t.missing)
	}
	return t.kit, nil
}

// Get adds a module to the session's go.mod: "module@version". What the go command says goes to out.
func (s *Session) Get(ctx context.Context, module string, out Output) error {
	if err := s.wantNative(ctx); err != nil {
		return tierError(err)
	}
	k, err := s.theKit()
	if err != nil {
		return err
	}
	return k.Get(ctx, module, said{out})
}

// said writes to an Output.
type said struct{ out Output }

var _ io.Writer = said{}

// Write prints.
func (s said) Write(p []byte) (int, error) {
	if s.out != nil {
		s.out.Stderr(string(p))
	}
	return len(p), nil
}

// Mod is the text of the session's go.mod, "" if it has none.
func (s *Session) Mod() string {
	k, err := s.theKit()
	if err != nil {
		return ""
	}
	text, err := k.Mod()
	if err != nil {
		return ""
	}
	return text
}

// SetMod replaces the session's go.mod.
func (s *Session) SetMod(ctx context.Context, text string) error {
	if err := s.wantNative(ctx); err != nil {
		return tierError(err)
	}
	k, err := s.theKit()
	if err != nil {
		return err
	}
	return k.SetMod(text)
}

// unfit reports whether a cell failed because what was compiled cannot be loaded here, and none could before.
func (t *tiers) unfit(f *failure) bool {
	if t.elsewhere == nil {
		return load.IsStale(f.Message)
	}
	why, unfit := strings.CutPrefix(f.Message, notLoaded)
	if unfit = unfit && load.IsUnfit(why) && !t.loaded; unfit {
		t.elsewhere.Unfit(errors.New("what the client compiles cannot be loaded: " + why))
	}
	return unfit
}

// whyInterpreted says why cells are interpreted that a Compiler was to compile, "" if they are compiled.
func (t *tiers) whyInterpreted() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.elsewhere == nil || t.now != TierInterpreted || t.missing == nil {
		return ""
	}
	return t.missing.Error()
}
