package sched

import (
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
)

// enginesText names engines: "engine 3", "engines 0-3, 7".
func enginesText(ids []proto.EngineID) string {
	if len(ids) == 0 {
		return "no engine"
	}
	var parts []string
	for i := 0; i < len(ids); {
		k := i
		for k+1 < len(ids) && ids[k+1] == ids[k]+1 {
			k++
		}
		if k == i {
			parts = append(parts, fmt.Sprint(int(ids[i])))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", int(ids[i]), int(ids[k])))
		}
		i = k + 1
	}
	const most = 8
	if len(parts) > most {
		parts = append(parts[:most], "...")
	}
	if len(ids) == 1 {
		return "engine " + parts[0]
	}
	return "engines " + strings.Join(parts, ", ")
}

func rangeText(first, n int) string {
	if n == 1 {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, first+n-1)
}

func elementsText(first, n int) string {
	if n == 1 {
		return fmt.Sprintf("element %d", first)
	}
	return "elements " + rangeText(first, n)
}

// againText says what becomes of the tasks of a lost engine.
func againText(tasks int) string {
	switch tasks {
	case 0:
		return ""
	case 1:
		return " Its task runs again."
	}
	return fmt.Sprintf(" Its %d tasks run again.", tasks)
}

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
