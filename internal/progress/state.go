package progress

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/session/host"
)

// State is how far something is.
type State struct {
	// What it is, for people; Unit is what is counted, "" for steps or elements.
	What, Unit string
	// Total is not positive as long as it is not known.
	Total, Done, Failed, Running int
	// Engines are those that have part in it.
	Engines []Engine
	Elapsed time.Duration
	// Rate is how much is done in a second, 0 where that is not known.
	Rate float64
	// Ended tells that it goes no further; Verdict says why, where that is not because all is done.
	Ended   bool
	Verdict string
	// Note says what it waits for.
	Note string
}

// Engine is an engine's part.
type Engine struct{ ID, Done, Failed, Running int }

const barWidth = 30

// Bar is a bar of characters, "" where the total is not known.
func (s State) Bar() string {
	if s.Total <= 0 {
		return ""
	}
	n := min(max(barWidth*s.Done/s.Total, 0), barWidth)
	return "[" + strings.Repeat("#", n) + strings.Repeat(".", barWidth-n) + "]"
}

// Text is the state in one line.
func (s State) Text() string {
	var parts []string
	for _, part := range []string{s.What, s.Bar(), s.Words()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Words is "25/100 (25 %), 4 running, 1 failed, 3s, 8.3/s, 9s left".
func (s State) Words() string {
	parts := []string{s.count()}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if s.Running > 0 && !s.Ended {
		add("%d running", s.Running)
	}
	if s.Failed > 0 {
		add("%d failed", s.Failed)
	}
	add("%v", round(s.Elapsed))
	if s.Rate > 0 {
		add("%s/s", rate(s.Rate))
		if left := s.Total - s.Done; left > 0 && !s.Ended {
			add("%v left", round(time.Duration(float64(left)/s.Rate*float64(time.Second))))
		}
	}
	if s.Ended && s.Verdict != "" {
		add("%s", s.Verdict)
	}
	if s.Note != "" && !s.Ended {
		add("%s", s.Note)
	}
	return strings.Join(parts, ", ")
}

func (s State) count() string {
	switch {
	case s.Total <= 0 && s.Unit == "":
		return fmt.Sprint(s.Done)
	case s.Total <= 0:
		return fmt.Sprintf("%d %s done", s.Done, s.Unit)
	case s.Unit != "":
		return fmt.Sprintf("%d/%d %s done", s.Done, s.Total, s.Unit)
	}
	return fmt.Sprintf("%d/%d (%d %%)", s.Done, s.Total, 100*s.Done/s.Total)
}

// rate has three digits at least, and never an exponent.
func rate(perSecond float64) string {
	if perSecond >= 100 {
		return fmt.Sprintf("%.0f", perSecond)
	}
	return fmt.Sprintf("%.3g", perSecond)
}

func round(d time.Duration) time.Duration {
	switch {
	case d > time.Minute:
		return d.Round(time.Second)
	case d > time.Second:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}

// maxEngines is how many engines are shown one by one.
const maxEngines = 16

// EnginesText says what the engines have done: "engine 0: 12 done, 1 running; engine 1: ..." of some, their range of many.
func (s State) EnginesText() string {
	if len(s.Engines) == 0 {
		return ""
	}
	if len(s.Engines) > maxEngines {
		return s.summary()
	}
	var parts []string
	for _, e := range s.Engines {
		text := fmt.Sprintf("engine %d: %d done", e.ID, e.Done)
		if e.Running > 0 && !s.Ended {
			text += fmt.Sprintf(", %d running", e.Running)
		}
		if e.Failed > 0 {
			text += fmt.Sprintf(", %d failed", e.Failed)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func (s State) summary() string {
	least, most, busy := s.Engines[0].Done, s.Engines[0].Done, 0
	for _, e := range s.Engines {
		least, most = min(least, e.Done), max(most, e.Done)
		if e.Running > 0 {
			busy++
		}
	}
	text := fmt.Sprintf("%d engines, %d to %d done by each", len(s.Engines), least, most)
	if busy > 0 && !s.Ended {
		text += fmt.Sprintf(", %d at work", busy)
	}
	return text
}

// The classes of the page's parts, which are also the states that [Of] tells.
const (
	running = "running"
	ended   = "done"
	broken  = "failed"
)

func (s State) class() string {
	switch {
	case !s.Ended:
		return running
	case s.Verdict != "" || s.Failed > 0:
		return broken
	}
	return ended
}

// HTML is the state as a piece of a web page.
func (s State) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<div class="gocluster-progress gocluster-%s">%s`, s.class(), html.EscapeString(s.What))
	if s.Total > 0 {
		fmt.Fprintf(&b, ` <progress max="%d" value="%d"></progress>`, s.Total, min(s.Done, s.Total))
	}
	b.WriteString(" " + html.EscapeString(s.Words()))
	if text := s.EnginesText(); text != "" {
		fmt.Fprintf(&b, `<br><small class="gocluster-engines">%s</small>`, html.EscapeString(text))
	}
	b.WriteString("</div>")
	return b.String()
}

// metaKey is where the metadata of what is shown says that it is a state.
const metaKey = "gocluster_progress"

// Data is the state as it is shown under an id; update says that it takes the place of the one before.
func (s State) Data(id string, update bool) host.Data {
	return host.Data{
		MIME:     map[string]any{"text/plain": s.Text(), "text/html": s.HTML()},
		Metadata: map[string]any{metaKey: s.class()}, ID: id, Update: update,
	}
}

// Of reports whether what is shown is a state, and whether it goes on.
func Of(d host.Data) (is, goesOn bool) {
	class, is := d.Metadata[metaKey].(string)
	return is, class == running
}
