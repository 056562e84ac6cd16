// Command gen writes the archives of package stdlib: std.zip for the standard library, api.zip for the packages of ours that
// cells use. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"github.com/gocluster/gocluster/internal/gocode/stdlib/stub"
)

func main() {
	std, api, err := stub.Archives("../../..")
	if err == nil {
		err = os.WriteFile("std.zip", std, 0o644)
	}
	if err == nil {
		err = os.WriteFile("api.zip", api, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
