// Command host is an executable that opens what it builds.
package main

import "github.com/gocluster/gocluster/internal/native/testdata/hosted"

func main() { hosted.Main() }
