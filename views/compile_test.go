package views

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/internal/unit/build"
)

// fakeCompiler has a program for every unit but those that are called broken.
type fakeCompiler struct{ built map[string]int }

func (f fakeCompiler) Prepare(context.Context, string) error { return nil }

func (f fakeCompiler) Cached(u *unit.Unit, platform string) (*proto.Object, bool) {
	if f.built[u.Name+" "+platform] == 0 {
		return nil, false
	}
	return object(u, platform), true
}

func (f fakeCompiler) Build(_ context.Context, u *unit.Unit, platform string) (*proto.Object, error) {
	if u.Name == "broken" || u.Name == "broken on "+platform {
		return nil, errors.New("it does not compile")
	}
	f.built[u.Name+" "+platform]++
	return object(u, platform), nil
}

func object(u *unit.Unit, platform string) *proto.Object {
	data := []byte(u.Name + " for " + platform)
	return &proto.Object{Hash: proto.HashOf(data), Data: data}
}

func TestProgramsAreBuiltOncePerPlatformAndKeptWithinBounds(t *testing.T) {
	fake := fakeCompiler{map[string]int{}}
	build.SetDefault(fake)
	t.Cleanup(func() { build.SetDefault(build.New(build.Options{})) })
	platforms := []string{"linux/amd64", "darwin/arm64"}
	var all []*compilation
	for i := range keepCompiled + 3 {
		c := compilationOf(&unit.Unit{Name: fmt.Sprint("f", i), Main: "package main"})
		all = append(all, c)
		if programs, _ := c.ready(platforms); len(programs) > 0 {
			t.Errorf("%s is compiled before anybody has done so", c.unit.Name)
		}
		for range 2 {
			c.build(t.Context(), platforms)
		}
		if programs, objects := c.ready(platforms); len(programs) != 2 || len(objects) != 2 || programs[1].Platform != "darwin/arm64" {
			t.Errorf("%s has %v", c.unit.Name, programs)
		}
	}
	kept := 0
	for _, c := range all {
		if len(c.programs) > 0 {
			kept++
		}
	}
	if kept > keepCompiled {
		t.Errorf("%d units' programs are in memory, more than %d", kept, keepCompiled)
	}
	if programs, _ := all[0].ready(platforms); len(programs) != 2 {
		t.Errorf("the first has %v, want its programs from the cache", programs)
	}
	for what, n := range fake.built {
		if n != 1 {
			t.Errorf("%s was built %d times", what, n)
		}
	}
	broken := compilationOf(&unit.Unit{Name: "broken", Main: "package main"})
	broken.build(t.Context(), platforms)
	r := &Result{}
	broken.watch(r, 1)
	if got := r.NotCompiled(); got != "it does not compile" {
		t.Errorf("got %q", got)
	}
}

// TestAPlatformThatCannotBeBuiltForLeavesTheOthers builds what exists for one platform only.
func TestAPlatformThatCannotBeBuiltForLeavesTheOthers(t *testing.T) {
	build.SetDefault(fakeCompiler{map[string]int{}})
	t.Cleanup(func() { build.SetDefault(build.New(build.Options{})) })
	platforms := []string{"plan9/arm", build.Here()}
	c := compilationOf(&unit.Unit{Name: "broken on plan9/arm", Main: "package main"})
	c.build(t.Context(), platforms)
	if programs, _ := c.ready(platforms); len(programs) != 1 || programs[0].Platform != build.Here() || !lacks(programs, platforms) || lacks(programs, platforms[1:]) {
		t.Errorf("there are %v", programs)
	}
	if got := fmt.Sprint(c.refused(platforms)); got != "for engines on plan9/arm: it does not compile" {
		t.Errorf("it says %q", got)
	}
	if err := c.refused(platforms[1:]); err != nil {
		t.Errorf("of the other it says %v", err)
	}
}
