package gocode
import ("testing";"fmt";"os")
func TestZZ(t *testing.T){ b,_:=os.ReadFile("/tmp/dbg/src.go"); s,err:=New(Options{}); if err!=nil{t.Fatal(err)}; p,err:=s.Plan(Cell{N:1,Name:"In[1]",Source:string(b),Line:1}); if err!=nil{t.Fatal(err)}; fmt.Println(p.Source) }
