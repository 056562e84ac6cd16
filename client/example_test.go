package client_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gocluster/gocluster/client"
)

func ExampleConnect() {
	ctx := context.Background()
	rc, err := client.Connect(ctx, client.Options{Profile: "lab"})
	if err != nil {
		log.Fatal(err) // no cluster of profile lab is running: start one with `gocluster start --profile=lab`
	}
	defer rc.Close()
	if err := rc.WaitForEngines(ctx, 4); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rc.Status())
}

func ExampleClient_Slice() {
	rc := client.MustConnect()
	defer rc.Close()
	hosts, err := rc.Slice("::2").Execute("os.Hostname()").ByEngine()
	fmt.Println(hosts, err)
}
