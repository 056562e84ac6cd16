// Command gen writes the archives of package stdlib: std.zip for the standard library, api.zip for the packages of ours that
// cells use. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"github.com/gocluster/gocluster/internal/gocode/stdlib/stub"
)

// api are our packages that cells may import.
var api = []string{"./client", "./views", "./display"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	std, err := stub.Build(".", nil, "std")
	if err != nil {
		return err
	}
	if err := write("std.zip", std); err != nil {
		return err
	}
	skip := map[string]bool{}
	for _, p := range std {
		skip[p.Path] = true
	}
	var have []string
	for _, dir := range api {
		if _, err := os.Stat("../../../" + dir); err == nil {
			have = append(have, dir)
		}
	}
	var ours []stub.Package
	if len(have) > 0 {
		if ours, err = stub.Build("../../..", skip, have...); err != nil {
			return err
		}
	}
	return write("api.zip", ours)
}

func write(name string, pkgs []stub.Package) error {
	data, err := stub.Archive(pkgs)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d packages, %d bytes\n", name, len(pkgs), len(data))
	return os.WriteFile(name, data, 0o644)
}
