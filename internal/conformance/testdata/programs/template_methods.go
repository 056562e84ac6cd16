package main

import (
	"fmt"
	"os"
	"strings"
	"text/template"
)

type Item struct {
	Name  string
	Price float64
	Qty   int
}

func (i Item) Total() float64         { return i.Price * float64(i.Qty) }
func (i *Item) Discount(p int) string { return fmt.Sprintf("-%d%%", p) }

type Order struct {
	ID    int
	Items []*Item
}

func (o Order) Sum() (t float64) {
	for _, i := range o.Items {
		t += i.Total()
	}
	return
}

func main() {
	funcs := template.FuncMap{"up": strings.ToUpper, "add": func(a, b int) int { return a + b }}
	t := template.Must(template.New("o").Funcs(funcs).Parse(`Order {{.ID}}
{{range $i, $x := .Items}}{{add $i 1}}. {{.Name | up | printf "%-6s"}} {{.Qty}} x {{.Price}} = {{.Total}} {{.Discount 5}}
{{else}}none
{{end}}{{with .Sum}}sum {{.}}{{end}}{{if gt (len .Items) 1}} many{{end}}
`))
	if err := t.Execute(os.Stdout, Order{7, []*Item{{"tea", 2.5, 2}, {"cup", 4, 1}}}); err != nil {
		fmt.Println(err)
	}
	t.Execute(os.Stdout, Order{ID: 8})
	err := template.Must(template.New("e").Parse("{{.Nope}}")).Execute(os.Stdout, Order{})
	fmt.Println(err != nil)
}
