package gocode

import (
	"go/types"
	"regexp"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

var undefined = regexp.MustCompile(`^undefined: (\w+)$`)

var member = regexp.MustCompile(`^undefined: (\w+)\.(\w+)$`)

// hint says what to do about an error, where we know.
func (s *Session) hint(c *checked, msg string) string {
	if m := undefined.FindStringSubmatch(msg); m != nil {
		return s.undefinedHint(c, m[1])
	}
	if m := member.FindStringSubmatch(msg); m != nil {
		return s.memberHint(m[1], m[2])
	}
	switch {
	case strings.Contains(msg, "is not in std"):
		return "cells can import the standard library and gocluster's own packages"
	}
	return ""
}

func (s *Session) undefinedHint(c *checked, name string) string {
	if s.lost[name] {
		return "its value was lost when the session's process ended"
	}
	if paths := stdlib.Named(name); len(paths) > 1 {
		return "several packages have that name: import one of " + strings.Join(paths, ", ")
	}
	best, dist := "", 3
	try := func(other string) {
		if d := distance(name, other); d < dist && d < len(name) {
			best, dist = other, d
		}
	}
	for _, n := range c.pkg.Scope().Names() {
		if !strings.Contains(n, "__") {
			try(n)
		}
	}
	for _, n := range types.Universe.Names() {
		try(n)
	}
	for _, scope := range c.info.Scopes {
		for _, n := range scope.Names() {
			try(n)
		}
	}
	for n := range s.env.names {
		try(n)
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return ""
}

// distance is how many letters have to be changed, added, dropped or swapped to make b of a.
func distance(a, b string) int {
	if strings.EqualFold(a, b) {
		return 1
	}
	x, y := []rune(a), []rune(b)
	if abs(len(x)-len(y)) > 2 {
		return 99
	}
	var before []int
	prev := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range x {
		cur := make([]int, len(y)+1)
		cur[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j]+cost, prev[j+1]+1, cur[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev = prev, cur
	}
	return prev[len(y)]
}

func abs(x int) int { return max(x, -x) }

// memberHint finds the member of a package that was probably meant.
func (s *Session) memberHint(pkg, name string) string {
	p := s.packageOf(pkg, nil)
	if p == nil {
		return ""
	}
	best, dist := "", 3
	for _, n := range p.Scope().Names() {
		if d := distance(name, n); p.Scope().Lookup(n).Exported() && d < dist && d < len(name) {
			best, dist = n, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}
