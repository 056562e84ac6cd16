package session
import ("testing";"fmt";"time";"context";"reflect"
 "github.com/gocluster/gocluster/internal/interp"
 "github.com/gocluster/gocluster/internal/gocode")
func TestLookPlot(t *testing.T) { 
	i, err := interp.New()
	if err != nil { t.Fatal(err) }
	i.Load("a.go", "package main\ntype temp__1 float64\nfunc (t temp__1) String() string { return \"x\" }\ntype s__2 struct{ A int }\nvar xs = []any{temp__1(1), s__2{1}, &s__2{2}, 3, \"a\"}\nvar y temp__1 = 5\nvar z any = y\nfunc id(x any) any { return x }\nvar w = []any{id(y), id(z), z}\nfunc loop() (out []any) { for i := 0; i < 2; i++ { out = append(out, temp__1(i)) }; return }\nvar q = loop()\nvar m = map[string]any{\"a\": y}\ntype st interface { String() string }\nvar sts = []st{y}\nvar mixed = []any{sts[0]}\nfunc (s s__2) String() string { return \"s\" }\nfunc mk() []any { p := &s__2{2}; pt := temp__1(3); return []any{s__2{1}, &s__2{2}, 3, \"a\", p, *p, &pt, []s__2{{1}}} }\nvar mks []any\nfunc run() { mks = mk() }")
	if f, err := i.Func("run"); err == nil { i.Run(func() { f.Call(nil) }) } else { fmt.Println(err) }
	for _, n := range []string{"xs", "w", "q", "sts", "mixed", "mks"} {
		v, err := i.Var(n)
		if err != nil { fmt.Println(n, err); continue }
		for k := range v.Len() { fmt.Println(n, k, v.Index(k).Kind(), interp.TypeIn(v.Index(k)), interp.Unbox(v.Index(k)).Type()) }
	}
	_ = reflect.ValueOf; _ = time.Now; _ = context.Background; _ = gocode.Cell{}
}
