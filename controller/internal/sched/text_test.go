package sched

import (
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
)

// eventText and effectText are the language of transcripts.
func eventText(ev Event) string {
	switch ev := ev.(type) {
	case Up:
		return fmt.Sprintf("up %s %s", peerText(ev.Peer), ev.Role)
	case Down:
		return fmt.Sprintf("down %s (%s)", peerText(ev.Peer), ev.Reason)
	case *Message:
		return fmt.Sprintf("%s: %s", peerText(ev.Peer), messageText(ev.Message))
	case Drain:
		return fmt.Sprintf("%s are to leave (%s)", enginesText(ev.Engines), ev.Reason)
	case Missing:
		return fmt.Sprintf("missing %s (%s)", ev.Hash, ev.Reason)
	}
	return "tick"
}

func effectText(fx Effect) string {
	switch fx := fx.(type) {
	case *Send:
		return fmt.Sprintf("to %s: %s", peerText(fx.To), messageText(fx.Message))
	case Announce:
		return "announce " + fx.Event.Text
	case Log:
		return "log " + fx.Text
	case Kick:
		return fmt.Sprintf("kick %s: %s", peerText(fx.Peer), fx.Error.Message)
	case Begin:
		return fmt.Sprintf("begin %s needs %v", peerText(fx.Client), fx.Objects)
	case Over:
		return fmt.Sprintf("over %s needs %v", peerText(fx.Client), fx.Objects)
	case Quit:
		return "quit: " + fx.Reason
	}
	return "?"
}

func peerText(p proto.PeerID) string { return fmt.Sprintf("p%d", p[15]) }

func messageText(m proto.Message) string {
	switch m := m.(type) {
	case *proto.Register:
		return fmt.Sprintf("register %d engines, held %s", len(m.Engines), heldText(m.Held))
	case *proto.Registered:
		return fmt.Sprintf("registered %s, drop %s", enginesText(m.Engines), heldText(m.Drop))
	case *proto.Assign:
		var parts []string
		for _, t := range m.Tasks {
			parts = append(parts, fmt.Sprintf("t%d.%d %s on %d", t.ID, t.Attempt, rangeText(t.First, t.N), int(t.Engine)))
		}
		return "assign " + strings.Join(parts, ", ")
	case *proto.Revoke:
		if m.Queued {
			return "recall " + heldText(m.Tasks)
		}
		return "revoke " + heldText(m.Tasks)
	case *proto.TaskStarted:
		return fmt.Sprintf("started t%d.%d", m.Task, m.Attempt)
	case *proto.TaskDone:
		return fmt.Sprintf("done t%d.%d %s", m.Task, m.Attempt, chunkText(m.Chunk))
	case *proto.TaskLost:
		return fmt.Sprintf("lost t%d.%d started=%v (%s)", m.Task, m.Attempt, m.Started, m.Reason)
	case *proto.EngineUp:
		return fmt.Sprintf("engine %d up", int(m.Engine))
	case *proto.EngineDown:
		return fmt.Sprintf("engine %d down restarting=%v (%s)", int(m.Engine), m.Restarting, m.Reason)
	case *proto.Submit:
		return fmt.Sprintf("submit %s of %d", m.Spec.ID, m.Spec.Count())
	case *proto.Extend:
		return fmt.Sprintf("extend %s from %d by %d last=%v", m.Job, m.First, m.Inputs[0].N, m.Last)
	case *proto.Compiled:
		return fmt.Sprintf("compiled %s pure=%v", m.Job, m.Pure)
	case *proto.Cancel:
		return fmt.Sprintf("cancel %s", m.Job)
	case *proto.Resume:
		return fmt.Sprintf("resume %s from #%d", m.Job, m.Next)
	case *proto.Ack:
		var jobs []string
		for _, a := range m.Jobs {
			jobs = append(jobs, fmt.Sprintf("%s before #%d", a.Job, a.Next))
		}
		return "ack " + strings.Join(jobs, ", ")
	case *proto.Accepted:
		if m.Error.Kind != 0 {
			return fmt.Sprintf("refused %s: %s", m.Jobs[0], m.Error.Message)
		}
		if len(m.Engines) == 0 {
			return fmt.Sprintf("accepted %s on any engine", jobsText(m.Jobs))
		}
		return fmt.Sprintf("accepted %s on %s", jobsText(m.Jobs), enginesText(m.Engines))
	case *proto.Result:
		text := fmt.Sprintf("result %s #%d %s", m.Job, m.Seq, chunkText(m.Chunk))
		if m.End != 0 {
			text += ", the last"
		}
		return text
	case *proto.JobEnd:
		if m.Error.Kind != 0 {
			return fmt.Sprintf("end %s #%d %v: %s", m.Job, m.Seq, m.State, m.Error.Message)
		}
		return fmt.Sprintf("end %s #%d %v", m.Job, m.Seq, m.State)
	case *proto.Output:
		return fmt.Sprintf("output %s %q", m.Job, m.Text)
	case *proto.Run:
		return fmt.Sprintf("run %s: %s on engine %d", m.ID, strings.Join(m.Argv, " "), int(m.Engine))
	case *proto.RunData:
		if m.Got > 0 {
			return fmt.Sprintf("program %s: got %d bytes", m.ID, m.Got)
		}
		return fmt.Sprintf("program %s: stream %d %q end=%v", m.ID, m.Stream, m.Data, m.End)
	case *proto.RunEnd:
		return fmt.Sprintf("program %s ends: status %d (%s)", m.ID, m.Status, m.Error)
	}
	return fmt.Sprintf("%T", m)
}

func jobsText(ids []proto.JobID) string {
	var parts []string
	for _, id := range ids {
		parts = append(parts, id.String())
	}
	return strings.Join(parts, " ")
}

func chunkText(k proto.Chunk) string {
	text := rangeText(k.First, k.N)
	for _, e := range k.Errors {
		text += fmt.Sprintf(" [%d: %s: %s]", e.Index, e.Kind, e.Message)
	}
	return text
}

func heldText(hs []proto.Held) string {
	if len(hs) == 0 {
		return "nothing"
	}
	var parts []string
	for _, h := range hs {
		parts = append(parts, fmt.Sprintf("t%d.%d", h.Task, h.Attempt))
	}
	return strings.Join(parts, " ")
}
