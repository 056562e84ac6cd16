// Command child is the process of the sessions that tests start.
package main

import (
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
)

func main() {
	session.Register(api.Exports)
	role.Dispatch()
}
