package sched

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts in testdata anew; look at the difference")

// play is a scene: what happens, and what the scheduler does about it, line by line.
type play struct {
	s    *Scheduler
	now  time.Time
	text strings.Builder
	jobs byte
}

func (p *play) tell(ev Event) {
	fmt.Fprintf(&p.text, "%s\n", eventText(ev))
	for _, fx := range p.s.Apply(p.now, ev) {
		fmt.Fprintf(&p.text, "    %s\n", effectText(fx))
	}
}

func (p *play) say(from byte, m proto.Message) { p.tell(&Message{Peer: peer(from), Message: m}) }

// pass lets time go by.
func (p *play) pass(d time.Duration) {
	fmt.Fprintf(&p.text, "... %v\n", d)
	p.now = p.now.Add(d)
	p.tell(Tick{})
}

func peer(n byte) proto.PeerID { return proto.PeerID{15: n} }

// The peers of all scenes.
const (
	ann byte = 1
	bob byte = 2
	box byte = 10
)

func (p *play) host(id byte, engines int, held ...proto.Held) {
	p.tell(Up{Peer: peer(id), Role: proto.RoleEngineHost, Name: "box"})
	m := &proto.Register{Info: proto.HostInfo{Host: "box", PID: 1}, Held: held}
	for range engines {
		m.Engines = append(m.Engines, proto.EngineInfo{ID: proto.NoEngine, PID: 1})
	}
	p.say(id, m)
}

func (p *play) client() { p.tell(Up{Peer: peer(ann), Role: proto.RoleClient, Name: "ann"}) }

func (p *play) submit(n int, change func(*proto.JobSpec)) proto.JobID {
	p.jobs++
	spec := proto.JobSpec{ID: proto.JobID{3: p.jobs}, Kind: proto.JobCall, Placement: proto.PlaceAny, Code: code(int(p.jobs)), Func: "f",
		Inputs: []proto.Block{proto.RangeBlock(0, n, 1)}}
	if change != nil {
		change(&spec)
	}
	p.say(ann, &proto.Submit{Spec: spec})
	return spec.ID
}

func (p *play) started(task proto.TaskID, attempt proto.Attempt) {
	p.say(box, &proto.TaskStarted{Task: task, Attempt: attempt})
}

// done ends a task whose elements took 1 ms each; failing lists those that did not work.
func (p *play) done(task proto.TaskID, attempt proto.Attempt, first, n int, failing ...int) {
	took := time.Duration(n) * time.Millisecond
	k := proto.Chunk{First: first, N: n, Started: p.now, Completed: p.now.Add(took)}
	for _, i := range failing {
		k.Errors = append(k.Errors, proto.ElementError{Index: i, Error: *proto.Errorf(proto.KindUser, "does not work")})
	}
	p.now = p.now.Add(took)
	p.say(box, &proto.TaskDone{Task: task, Attempt: attempt, Chunk: k})
}

func (p *play) lost(task proto.TaskID, attempt proto.Attempt, started bool) {
	p.say(box, &proto.TaskLost{Task: task, Attempt: attempt, Started: started, Reason: "killed by signal 9"})
}

func by(n int) func(*proto.JobSpec) { return func(s *proto.JobSpec) { s.Chunk = n } }

// scenes are what the transcripts in testdata show.
var scenes = map[string]func(p *play){
	"a map": func(p *play) {
		p.client()
		p.host(box, 2)
		job := p.submit(40, nil)
		p.started(1, 1)
		p.started(2, 1)
		p.done(1, 1, 0, 1)
		p.done(2, 1, 1, 1)
		p.say(ann, &proto.Ack{Jobs: []proto.Acked{{Job: job, Next: 2}}})
	},
	"no engine yet": func(p *play) {
		p.client()
		p.submit(2, nil)
		p.submit(2, func(s *proto.JobSpec) { s.Placement = proto.PlaceEach })
		p.submit(2, func(s *proto.JobSpec) { s.Targets = []proto.EngineID{3} })
		p.host(box, 1)
	},
	"an element that kills": func(p *play) {
		p.client()
		p.host(box, 1)
		p.submit(4, by(4))
		for attempt := proto.Attempt(1); attempt <= 3; attempt++ {
			p.started(1, attempt)
			p.lost(1, attempt, true)
		}
		p.done(2, 1, 0, 2)
		p.lost(3, 1, true)
		p.lost(4, 1, true)
		p.lost(4, 2, true)
		p.done(5, 1, 3, 1)
	},
	"a late answer of an old attempt": func(p *play) {
		p.client()
		p.host(box, 2)
		p.submit(1, nil)
		p.lost(1, 1, false)
		p.done(1, 1, 0, 1)
		p.done(1, 2, 0, 1)
		p.done(1, 2, 0, 1)
	},
	"elements that fail are tried again": func(p *play) {
		p.client()
		p.host(box, 1)
		p.submit(5, func(s *proto.JobSpec) { s.Chunk, s.Retries = 5, 1 })
		p.done(1, 1, 0, 5, 1, 3)
		p.done(2, 1, 3, 1, 3)
		p.done(3, 1, 1, 1)
	},
	"cancel": func(p *play) {
		p.client()
		p.host(box, 2)
		job := p.submit(3, by(1))
		p.started(1, 1)
		p.say(ann, &proto.Cancel{Job: job})
		p.lost(1, 1, true)
		p.done(2, 1, 1, 1)
		p.say(ann, &proto.Ack{Jobs: []proto.Acked{{Job: job, Next: 1}}})
		p.submit(1, nil)
	},
	"a host comes back": func(p *play) {
		p.client()
		p.host(box, 2)
		p.submit(3, by(1))
		p.started(1, 1)
		p.tell(Down{Peer: peer(box), Reason: "no heartbeat"})
		p.pass(time.Second)
		p.host(box, 2, proto.Held{Task: 1, Attempt: 1}, proto.Held{Task: 77, Attempt: 1})
		p.done(1, 1, 0, 1)
	},
	"a host is lost": func(p *play) {
		p.client()
		p.host(box, 2)
		p.host(box+1, 1)
		p.submit(3, by(1))
		p.submit(1, func(s *proto.JobSpec) { s.Placement, s.Targets = proto.PlaceEach, []proto.EngineID{1} })
		p.started(1, 1)
		p.tell(Down{Peer: peer(box), Reason: "no heartbeat"})
		p.pass(3 * time.Second)
		p.say(box+1, &proto.TaskDone{Task: 3, Attempt: 1, Chunk: proto.Chunk{First: 2, N: 1}})
		p.pass(15 * time.Second)
	},
	"a client comes back": func(p *play) {
		p.client()
		p.host(box, 1)
		job := p.submit(2, by(1))
		p.done(1, 1, 0, 1)
		p.tell(Down{Peer: peer(ann), Reason: "the cable"})
		p.done(2, 1, 1, 1)
		p.client()
		p.say(ann, &proto.Resume{Job: job, Next: 1})
		p.say(ann, &proto.Resume{Job: proto.JobID{3: 99}, Next: 4})
	},
	"a client does not come back": func(p *play) {
		p.client()
		p.host(box, 1)
		p.submit(2, by(1))
		p.tell(Down{Peer: peer(ann), Reason: "the cable"})
		p.pass(20 * time.Second)
		p.lost(1, 1, true)
	},
	"a prefetched task is stolen": func(p *play) {
		p.client()
		p.host(box, 1)
		p.submit(1, func(s *proto.JobSpec) { s.Code = code(0) })
		p.done(1, 1, 0, 1)
		p.submit(2, func(s *proto.JobSpec) { s.Code, s.Chunk = code(0), 1 })
		p.started(2, 1)
		p.host(box+1, 1)
		p.pass(10 * time.Millisecond)
		p.lost(3, 1, false)
	},
	"a program comes while elements are interpreted": func(p *play) {
		p.client()
		p.host(box, 1)
		p.submit(1, func(s *proto.JobSpec) { s.Code = code(0) })
		p.done(1, 1, 0, 1)
		job := p.submit(3, func(s *proto.JobSpec) { s.Code, s.Chunk = code(0), 1 })
		p.started(2, 1)
		program := proto.Program{Platform: (&proto.HostInfo{}).Platform(), Hash: code(9)}
		p.say(ann, &proto.Compiled{Job: job, Programs: []proto.Program{program}, Pure: true})
		p.lost(3, 1, false)
		p.lost(4, 1, false)
		p.pass(300 * time.Millisecond)
		p.lost(2, 1, true)
		p.done(3, 2, 1, 1)
	},
	"an engine is drained": func(p *play) {
		p.client()
		p.host(box, 2)
		p.submit(1, func(s *proto.JobSpec) { s.Code = code(0) })
		p.done(1, 1, 0, 1)
		p.submit(4, func(s *proto.JobSpec) { s.Code, s.Chunk = code(0), 1 })
		p.submit(1, func(s *proto.JobSpec) { s.Placement, s.Targets = proto.PlaceEach, []proto.EngineID{1} })
		p.started(2, 1)
		p.started(3, 1)
		p.tell(Drain{Engines: []proto.EngineID{1}, Reason: "drained: ann asked for it"})
		p.submit(1, func(s *proto.JobSpec) { s.Placement, s.Targets = proto.PlaceEach, []proto.EngineID{1} })
		p.submit(1, func(s *proto.JobSpec) { s.Placement = proto.PlaceEach })
		p.lost(4, 1, false)
		p.done(2, 1, 0, 1)
		p.done(6, 1, 0, 1)
		p.say(box, &proto.EngineDown{Engine: 1, Reason: "it was told to stop"})
	},
	"programs of clients": func(p *play) {
		p.client()
		p.tell(Up{Peer: peer(bob), Role: proto.RoleClient, Name: "bob"})
		p.host(box, 1)
		p.host(box+1, 1)
		p.say(ann, &proto.Run{ID: proto.JobID{3: 1}, Engine: 1, Argv: []string{"wc"}})
		p.say(ann, &proto.Run{ID: proto.JobID{3: 1}, Engine: 1, Argv: []string{"wc"}}) // said again
		p.say(ann, &proto.RunData{ID: proto.JobID{3: 1}, Data: []byte("text"), End: true})
		p.say(box+1, &proto.RunData{ID: proto.JobID{3: 1}, Got: 4})
		p.say(box+1, &proto.RunData{ID: proto.JobID{3: 1}, Stream: proto.RunStdout, Data: []byte("4")})
		p.say(bob, &proto.RunEnd{ID: proto.JobID{3: 1}}) // it is not bob's
		p.say(box, &proto.RunEnd{ID: proto.JobID{3: 1}}) // nor on this host
		p.say(box+1, &proto.RunEnd{ID: proto.JobID{3: 1}, Status: 3})
		p.say(ann, &proto.RunEnd{ID: proto.JobID{3: 1}}) // too late
	},
	"programs that are killed": func(p *play) {
		p.client()
		p.host(box, 1)
		p.say(ann, &proto.Run{ID: proto.JobID{3: 1}, Engine: 7, Argv: []string{"sleep"}})
		p.say(ann, &proto.Run{ID: proto.JobID{3: 2}, Engine: 0, Argv: []string{"sleep"}})
		p.say(ann, &proto.RunEnd{ID: proto.JobID{3: 2}})
		p.say(box, &proto.RunEnd{ID: proto.JobID{3: 2}, Status: 137})
		p.say(ann, &proto.Run{ID: proto.JobID{3: 3}, Engine: 0, Argv: []string{"sleep"}})
		p.tell(Down{Peer: peer(ann), Reason: "the cable"})
		p.say(box, &proto.RunEnd{ID: proto.JobID{3: 3}, Status: 137})
		p.client()
		p.say(ann, &proto.Run{ID: proto.JobID{3: 4}, Engine: 0, Argv: []string{"sleep"}})
		p.tell(Down{Peer: peer(box), Reason: "no heartbeat"})
		p.say(ann, &proto.Run{ID: proto.JobID{3: 5}, Engine: 0, Argv: []string{"sleep"}})
	},
	"wrong roles": func(p *play) {
		p.client()
		p.host(box, 1)
		p.say(box, &proto.Submit{Spec: proto.JobSpec{}})
		p.say(ann, &proto.TaskDone{Task: 1, Attempt: 1})
		p.say(ann, &proto.Submit{Spec: proto.JobSpec{}})
	},
	"more elements later": func(p *play) {
		p.client()
		p.host(box, 1)
		job := p.submit(1, func(s *proto.JobSpec) { s.Open, s.Chunk = true, 2 })
		p.say(ann, &proto.Extend{Job: job, First: 1, Inputs: []proto.Block{proto.RangeBlock(1, 3, 1)}})
		p.say(ann, &proto.Extend{Job: job, First: 1, Last: true, Inputs: []proto.Block{proto.RangeBlock(1, 4, 1)}})
		p.done(1, 1, 0, 1)
		p.done(2, 1, 1, 2)
	},
}

// TestTranscripts compares what the scheduler does in each scene with what it did when someone last looked.
func TestTranscripts(t *testing.T) {
	for name, scene := range scenes {
		t.Run(name, func(t *testing.T) {
			p := &play{now: time.Unix(1000, 0)}
			p.s = New(Config{}, p.now)
			scene(p)
			if err := p.s.audit(); err != nil {
				t.Error(err)
			}
			file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".txt")
			got := p.text.String()
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s\n(go test -run TestTranscripts -rewrite)", got, want)
			}
		})
	}
}
