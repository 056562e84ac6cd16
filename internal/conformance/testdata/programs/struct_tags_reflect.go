package main

import (
	"fmt"
	"reflect"
	"strings"
)

type Config struct {
	Host string `env:"HOST" default:"localhost"`
	Port int    `env:"PORT" default:"80"`
	name string
}

func (c Config) Addr() string { return fmt.Sprint(c.Host, ":", c.Port) }

func keys(x any) (out []string) {
	t := reflect.TypeOf(x)
	for i := range t.NumField() {
		f := t.Field(i)
		out = append(out, f.Name+"="+f.Tag.Get("env")+"/"+f.Type.String())
	}
	return
}

func main() {
	c := Config{Host: "h", Port: 1, name: "n"}
	fmt.Println(strings.Join(keys(c), " "))
	v := reflect.ValueOf(&c).Elem()
	v.Field(1).SetInt(8080)
	fmt.Println(c.Addr(), v.Kind(), v.Type().Name(), v.NumMethod())
	m := v.MethodByName("Addr").Call(nil)
	fmt.Println(m[0], reflect.DeepEqual(c, Config{"h", 8080, "n"}))
	fmt.Println(reflect.TypeFor[map[string][]Config](), reflect.TypeOf(Config.Addr))
}
