// Package e2e has no code of its own: its tests take the system as a whole, with real processes, from a user's program, script or
// cell to the engines and back, also while parts of it are killed.
package e2e
