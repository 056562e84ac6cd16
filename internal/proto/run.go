package proto

// Run has the engine host of an engine run a program for a client, who chooses the ID. Data of its streams goes both ways, and RunEnd is the
// last message: from the host when the program has ended, from the client to have it killed. When a connection breaks on either side, the
// program is killed and the client told.
type Run struct {
	ID     JobID
	Engine EngineID
	Argv   []string
	// Env is added to the host's environment. Dir is where it runs, empty or "~/" in the home directory.
	Env []string
	Dir string
}

// RunStream is a stream of a program.
type RunStream uint8

// The streams.
const (
	RunStdin RunStream = iota
	RunStdout
	RunStderr
)

// RunData is a piece of a stream, its end, or, against its direction, how much of it has been received; see package flow.
type RunData struct {
	ID     JobID
	Stream RunStream
	Data   []byte
	End    bool
	Got    int
}

// RunEnd ends a Run.
type RunEnd struct {
	ID JobID
	// Status is the program's exit status: 128 more than the signal's number if one has ended it.
	Status int
	// Error says why it was not run, or is not known to have ended well.
	Error string
}

func (*Run) Type() Type     { return TypeRun }
func (*RunData) Type() Type { return TypeRunData }
func (*RunEnd) Type() Type  { return TypeRunEnd }

func (m *Run) fields(c *coder) {
	c.fixed(m.ID[:])
	number(c, &m.Engine)
	list(c, &m.Argv, eachText)
	list(c, &m.Env, eachText)
	c.text(&m.Dir)
}

func (m *RunData) fields(c *coder) {
	c.fixed(m.ID[:])
	number(c, &m.Stream)
	c.bytes(&m.Data)
	c.flag(&m.End)
	number(c, &m.Got)
}

func (m *RunEnd) fields(c *coder) {
	c.fixed(m.ID[:])
	number(c, &m.Status)
	c.text(&m.Error)
}
