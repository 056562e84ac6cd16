package session

import (
	"fmt"
	"testing"
)

func TestCompiledFunctionsHaveTheirUsersNames(t *testing.T) {
	for low, want := range map[string]string{
		"run__1a2b3c4d":                     "",
		"run__1a2b3c4d.func1":               "func1",
		"run__1a2b3c4d.func2.1":             "func2.1",
		"f__fib__1a2b3c4d":                  "fib",
		"f__fib__1a2b3c4d.func1":            "fib.func1",
		"f__Node__ptr__Add__1a2b3c4d":       "(*Node).Add",
		"f__Node__2__dot__Len__1a2b3c4d":    "Node.Len",
		"g__Map__2[...]":                    "Map",
		"g__Map[go.shape.int,go.shape.int]": "Map",
		"(*Node__2).Add":                    "(*Node).Add",
		"Node.Add-fm":                       "Node.Add",
	} {
		if got := userName(low); got != want {
			t.Errorf("%s: got %q, want %q", low, got, want)
		}
	}
}

func TestCrashesAreReadFromDumps(t *testing.T) {
	const dump = `fatal error: concurrent map writes

goroutine 35 gp=0xc000102fc0 m=4 mp=0xc000080008 [running]:
internal/runtime/maps.fatal({0x7f, 0x1})
	/usr/local/go/src/runtime/panic.go:1181 +0x20
main.f__Set__ptr__Add__0badc0de(0xc0000140a8, 0x3)
	In[2]:4 +0x65 fp=0xc000 sp=0xc001 pc=0x4a
main.run__deadbeef.func1()
	In[3]:7 +0x2b
main.run__deadbeef.gowrap1()
	In[3]:9 +0x2b
github.com/gocluster/gocluster/internal/session.(*process).guard(0x0, 0xc0)
	/src/internal/session/native.go:100 +0x7d
created by internal/group.(*Group).Go in goroutine 1
	/src/internal/group/group.go:55 +0x9a

goroutine 1 [chan receive]:
main.f__other__deadbeef()
	In[1]:1 +0x1
`
	tr := crash(dump)
	if got, want := fmt.Sprintf("%v %q", tr.positions, tr.funcs), `[In[2]:4:0 In[3]:7:0] ["(*Set).Add" "func1"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if tr := crash("out of memory"); tr.positions != nil {
		t.Errorf("no dump: got %v", tr)
	}
}
