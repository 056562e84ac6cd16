// Package client connects to a cluster. A connection makes the views (see package views) that run functions on its engines.
//
//	rc := client.MustConnect() // the running cluster of the default profile
//	defer rc.Close()
//	fmt.Println(rc.IDs()) // [0 1 2 3]
//	squares, err := rc.LoadBalanced().Map(square, views.Range(0, 8)).Get()
//
// A connection that breaks is resumed. If the controller is gone for good, everything that waits for it gets an error
// that wraps [ErrController] within ten seconds.
package client
