//go:build !windows

package launch

import "syscall"

// lowerPriority makes this process and what it starts nice. It is for processes that lead their group: where priorities belong to
// threads, that is what reaches all of them.
func lowerPriority(nice int) error { return syscall.Setpriority(syscall.PRIO_PGRP, 0, nice) }
