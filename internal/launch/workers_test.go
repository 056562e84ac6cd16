package launch

import "github.com/gocluster/gocluster/internal/session"

func registerWorkers() { session.Register() }
