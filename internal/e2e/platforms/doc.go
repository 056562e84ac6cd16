// Package platforms tests that engines of different platforms make one cluster: those of this machine, and those of linux/arm64, which run under
// QEMU's user-mode emulation.
package platforms
