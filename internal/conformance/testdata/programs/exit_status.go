package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("leaving")
	if len(os.Args) > 100 {
		return
	}
	os.Exit(3)
}
