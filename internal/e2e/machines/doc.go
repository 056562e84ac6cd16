// Package machines tests what is promised about clusters of many machines, on test hosts with real ssh servers.
package machines
