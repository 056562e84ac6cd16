package main

import (
	"fmt"
	"os"
	"text/template"
)

func main() {
	t := template.Must(template.New("t").Parse(`{{define "row"}}<{{.}}>{{end}}{{range .xs}}{{template "row" .}}{{end}} {{.name | printf "%q"}} {{index .m "k"}} {{len .xs}}
`))
	err := t.Execute(os.Stdout, map[string]any{"xs": []int{1, 2, 3}, "name": "n", "m": map[string]int{"k": 5}})
	fmt.Println(err)
}
