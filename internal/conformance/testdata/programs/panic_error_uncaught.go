package main

import (
	"errors"
	"fmt"
)

func main() {
	fmt.Println("start")
	defer fmt.Println("deferred runs")
	panic(errors.New("fatal thing"))
}
