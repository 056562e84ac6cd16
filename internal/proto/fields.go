package proto

func (*Hello) Type() Type         { return TypeHello }
func (*Welcome) Type() Type       { return TypeWelcome }
func (*Refuse) Type() Type        { return TypeRefuse }
func (*Ping) Type() Type          { return TypePing }
func (*Pong) Type() Type          { return TypePong }
func (*Bye) Type() Type           { return TypeBye }
func (*Fragment) Type() Type      { return TypeFragment }
func (*NeedObject) Type() Type    { return TypeNeedObject }
func (*Object) Type() Type        { return TypeObject }
func (*Register) Type() Type      { return TypeRegister }
func (*Registered) Type() Type    { return TypeRegistered }
func (*EngineUp) Type() Type      { return TypeEngineUp }
func (*EngineDown) Type() Type    { return TypeEngineDown }
func (*TaskStarted) Type() Type   { return TypeTaskStarted }
func (*TaskDone) Type() Type      { return TypeTaskDone }
func (*TaskLost) Type() Type      { return TypeTaskLost }
func (*TaskOutput) Type() Type    { return TypeTaskOutput }
func (*HostStats) Type() Type     { return TypeHostStats }
func (*Assign) Type() Type        { return TypeAssign }
func (*Revoke) Type() Type        { return TypeRevoke }
func (*Stop) Type() Type          { return TypeStop }
func (*Submit) Type() Type        { return TypeSubmit }
func (*Extend) Type() Type        { return TypeExtend }
func (*Compiled) Type() Type      { return TypeCompiled }
func (*Variable) Type() Type      { return TypeVariable }
func (*NeedVariable) Type() Type  { return TypeNeedVariable }
func (*Cancel) Type() Type        { return TypeCancel }
func (*Resume) Type() Type        { return TypeResume }
func (*Ack) Type() Type           { return TypeAck }
func (*StatusRequest) Type() Type { return TypeStatusRequest }
func (*Shutdown) Type() Type      { return TypeShutdown }
func (*Accepted) Type() Type      { return TypeAccepted }
func (*Result) Type() Type        { return TypeResult }
func (*JobEnd) Type() Type        { return TypeJobEnd }
func (*Output) Type() Type        { return TypeOutput }
func (*Event) Type() Type         { return TypeEvent }
func (*Status) Type() Type        { return TypeStatus }
func (*Local) Type() Type         { return TypeLocal }
func (*Environment) Type() Type   { return TypeEnvironment }

func (*TaskProgress) Type() Type    { return TypeTaskProgress }
func (*ProgressRequest) Type() Type { return TypeProgressRequest }
func (*Progress) Type() Type        { return TypeProgress }

// blanks make an empty message of each type.
var blanks = [...]func() Message{
	TypeHello:         func() Message { return &Hello{} },
	TypeWelcome:       func() Message { return &Welcome{} },
	TypeRefuse:        func() Message { return &Refuse{} },
	TypePing:          func() Message { return &Ping{} },
	TypePong:          func() Message { return &Pong{} },
	TypeBye:           func() Message { return &Bye{} },
	TypeFragment:      func() Message { return &Fragment{} },
	TypeNeedObject:    func() Message { return &NeedObject{} },
	TypeObject:        func() Message { return &Object{} },
	TypeRegister:      func() Message { return &Register{} },
	TypeRegistered:    func() Message { return &Registered{} },
	TypeEngineUp:      func() Message { return &EngineUp{} },
	TypeEngineDown:    func() Message { return &EngineDown{} },
	TypeTaskStarted:   func() Message { return &TaskStarted{} },
	TypeTaskDone:      func() Message { return &TaskDone{} },
	TypeTaskLost:      func() Message { return &TaskLost{} },
	TypeTaskOutput:    func() Message { return &TaskOutput{} },
	TypeHostStats:     func() Message { return &HostStats{} },
	TypeAssign:        func() Message { return &Assign{} },
	TypeRevoke:        func() Message { return &Revoke{} },
	TypeStop:          func() Message { return &Stop{} },
	TypeSubmit:        func() Message { return &Submit{} },
	TypeExtend:        func() Message { return &Extend{} },
	TypeCompiled:      func() Message { return &Compiled{} },
	TypeVariable:      func() Message { return &Variable{} },
	TypeNeedVariable:  func() Message { return &NeedVariable{} },
	TypeCancel:        func() Message { return &Cancel{} },
	TypeResume:        func() Message { return &Resume{} },
	TypeAck:           func() Message { return &Ack{} },
	TypeStatusRequest: func() Message { return &StatusRequest{} },
	TypeShutdown:      func() Message { return &Shutdown{} },
	TypeAccepted:      func() Message { return &Accepted{} },
	TypeResult:        func() Message { return &Result{} },
	TypeJobEnd:        func() Message { return &JobEnd{} },
	TypeOutput:        func() Message { return &Output{} },
	TypeEvent:         func() Message { return &Event{} },
	TypeStatus:        func() Message { return &Status{} },
	TypeLocal:         func() Message { return &Local{} },
	TypeEnvironment:   func() Message { return &Environment{} },
	TypeCellMaker:     func() Message { return &CellMaker{} },
	TypeCellMakers:    func() Message { return &CellMakers{} },
	TypeNeedCell:      func() Message { return &NeedCell{} },
	TypeCell:          func() Message { return &Cell{} },

	TypePut:            func() Message { return &Put{} },
	TypeParcelsRequest: func() Message { return &ParcelsRequest{} },
	TypeParcels:        func() Message { return &Parcels{} },
	TypePlace:          func() Message { return &Place{} },
	TypePlaced:         func() Message { return &Placed{} },
	TypeSetsRequest:    func() Message { return &SetsRequest{} },
	TypeSets:           func() Message { return &Sets{} },
	TypeKeep:           func() Message { return &Keep{} },
	TypeRun:            func() Message { return &Run{} },
	TypeRunData:        func() Message { return &RunData{} },
	TypeRunEnd:         func() Message { return &RunEnd{} },

	TypeTaskProgress:    func() Message { return &TaskProgress{} },
	TypeProgressRequest: func() Message { return &ProgressRequest{} },
	TypeProgress:        func() Message { return &Progress{} },

	TypeInvite:             func() Message { return &Invite{} },
	TypeUninvite:           func() Message { return &Uninvite{} },
	TypeInvitationsRequest: func() Message { return &InvitationsRequest{} },
	TypeInvitations:        func() Message { return &Invitations{} },
	TypeProfileRequest:     func() Message { return &ProfileRequest{} },
	TypeProfiles:           func() Message { return &Profiles{} },
}

// blank returns an empty message of a type, nil for a type this version does not know.
func blank(t Type) Message {
	if int(t) >= len(blanks) || blanks[t] == nil {
		return nil
	}
	return blanks[t]()
}

func (m *Hello) fields(c *coder) {
	number(c, &m.Version)
	c.fixed(m.Peer[:])
	c.uvarint(&m.Epoch)
	number(c, &m.Channel)
	number(c, &m.Role)
	c.text(&m.Name)
}

func (m *Welcome) fields(c *coder) {
	number(c, &m.Version)
	c.text(&m.Cluster)
	c.duration(&m.Heartbeat)
	c.duration(&m.Silence)
	c.text(&m.Spool)
	c.text(&m.Proof)
}

func (m *Refuse) fields(c *coder) {
	m.Error.fields(c)
	number(c, &m.Code)
}

func (m *Ping) fields(c *coder) { c.uvarint(&m.Seq) }
func (m *Pong) fields(c *coder) { c.uvarint(&m.Seq) }

func (m *Bye) fields(c *coder) {
	c.text(&m.Reason)
	c.flag(&m.Final)
}

func (m *Fragment) fields(c *coder) {
	c.uvarint(&m.Message)
	list(c, &m.Sizes, (*coder).uvarint)
	c.bytes(&m.Part)
}

func (m *NeedObject) fields(c *coder) { c.fixed(m.Hash[:]) }

func (m *Object) fields(c *coder) {
	c.fixed(m.Hash[:])
	c.flag(&m.Missing)
	c.bytes(&m.Data)
	c.text(&m.File)
	number(c, &m.Size)
}

func (m *Local) fields(c *coder) { c.text(&m.Answer) }

func (h *HostInfo) fields(c *coder) {
	c.text(&h.Host)
	number(c, &h.PID)
	c.text(&h.OS)
	c.text(&h.Arch)
	number(c, &h.Cores)
	number(c, &h.Memory)
	c.text(&h.GoVersion)
	c.text(&h.Set)
	number(c, &h.Part)
	number(c, &h.Rank)
	if c.rare(len(h.Resources) > 0 || h.Stock != "") {
		list(c, &h.Resources, eachResource)
		c.text(&h.Stock)
	}
}

func (h *Held) fields(c *coder) {
	number(c, &h.Task)
	number(c, &h.Attempt)
	number(c, &h.Engine)
}

func eachHeld(c *coder, h *Held) { h.fields(c) }

func (m *Register) fields(c *coder) {
	m.Info.fields(c)
	list(c, &m.Engines, func(c *coder, e *EngineInfo) {
		number(c, &e.ID)
		number(c, &e.PID)
	})
	list(c, &m.Held, eachHeld)
	c.time(&m.Now)
	list(c, &m.Placed, eachPlaced)
	c.duration(&m.Leaves)
	c.duration(&m.Ends)
}

func (m *Registered) fields(c *coder) {
	list(c, &m.Engines, eachEngine)
	list(c, &m.Drop, eachHeld)
	m.Environment.fields(c)
	list(c, &m.Parcels, eachParcel)
	m.CellMakers.fields(c)
}

func (m *Environment) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.uvarint(&m.Version)
	c.text(&m.Name)
	c.text(&m.Source)
}

func (m *EngineUp) fields(c *coder) {
	number(c, &m.Engine)
	number(c, &m.PID)
}

func (m *EngineDown) fields(c *coder) {
	number(c, &m.Engine)
	number(c, &m.PID)
	c.text(&m.Reason)
	c.flag(&m.Restarting)
}

func (m *TaskStarted) fields(c *coder) {
	number(c, &m.Task)
	number(c, &m.Attempt)
	c.time(&m.At)
}

func (m *TaskDone) fields(c *coder) {
	number(c, &m.Task)
	number(c, &m.Attempt)
	m.Chunk.fields(c)
}

func (m *TaskLost) fields(c *coder) {
	number(c, &m.Task)
	number(c, &m.Attempt)
	number(c, &m.Engine)
	c.flag(&m.Started)
	c.text(&m.Reason)
}

func (m *TaskOutput) fields(c *coder) {
	number(c, &m.Task)
	number(c, &m.Attempt)
	c.flag(&m.Stderr)
	c.text(&m.Text)
	c.bytes(&m.Shown)
}

func (m *TaskProgress) fields(c *coder) {
	list(c, &m.Tasks, func(c *coder, t *TaskAt) {
		number(c, &t.Task)
		number(c, &t.Attempt)
		number(c, &t.Done)
		number(c, &t.Failed)
	})
}

func (m *ProgressRequest) fields(c *coder) { c.fixed(m.Job[:]) }

func (m *Progress) fields(c *coder) {
	c.fixed(m.Job[:])
	list(c, &m.Running, func(c *coder, r *Running) {
		number(c, &r.Engine)
		number(c, &r.First)
		number(c, &r.N)
		number(c, &r.Done)
		number(c, &r.Failed)
	})
	c.text(&m.Waiting)
}

func (m *HostStats) fields(c *coder) {
	c.float(&m.Load)
	list(c, &m.Engines, func(c *coder, e *EngineStats) {
		number(c, &e.Engine)
		number(c, &e.Memory)
	})
	number(c, &m.Free)
}

func (m *Assign) fields(c *coder) {
	list(c, &m.Tasks, eachTask)
}

func (m *Revoke) fields(c *coder) {
	list(c, &m.Tasks, eachHeld)
	c.flag(&m.Queued)
}

func (m *Stop) fields(c *coder) {
	list(c, &m.Engines, eachEngine)
	c.text(&m.Reason)
}

func (m *Submit) fields(c *coder) { m.Spec.fields(c) }

func (m *Extend) fields(c *coder) {
	c.fixed(m.Job[:])
	list(c, &m.Inputs, eachBlock)
	c.flag(&m.Last)
	number(c, &m.First)
}

func (m *Compiled) fields(c *coder) {
	c.fixed(m.Job[:])
	list(c, &m.Programs, eachProgram)
	c.flag(&m.Pure)
}

func (m *Variable) fields(c *coder) {
	c.text(&m.Name)
	c.text(&m.GoType)
	c.bytes(&m.Data)
	c.text(&m.File)
	c.flag(&m.Missing)
	c.text(&m.Error)
}

func (m *NeedVariable) fields(c *coder) {
	c.text(&m.Name)
	c.text(&m.File)
	c.flag(&m.Keep)
}

func (m *Cancel) fields(c *coder) { c.fixed(m.Job[:]) }

func (m *Resume) fields(c *coder) {
	c.fixed(m.Job[:])
	c.uvarint(&m.Next)
}

func (m *Ack) fields(c *coder) {
	list(c, &m.Jobs, func(c *coder, a *Acked) {
		c.fixed(a.Job[:])
		c.uvarint(&a.Next)
	})
}

func (m *StatusRequest) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.flag(&m.Brief)
}

func (m *Shutdown) fields(c *coder) {
	list(c, &m.Engines, eachEngine)
}

func (m *Accepted) fields(c *coder) {
	list(c, &m.Jobs, eachJob)
	list(c, &m.Engines, eachEngine)
	m.Error.fields(c)
	list(c, &m.Platforms, eachText)
}

func (m *Result) fields(c *coder) {
	c.fixed(m.Job[:])
	c.uvarint(&m.Seq)
	number(c, &m.End)
	m.Chunk.fields(c)
}

func (m *JobEnd) fields(c *coder) {
	c.fixed(m.Job[:])
	c.uvarint(&m.Seq)
	number(c, &m.State)
	m.Error.fields(c)
}

func (m *Output) fields(c *coder) {
	c.fixed(m.Job[:])
	number(c, &m.First)
	number(c, &m.Engine)
	c.flag(&m.Stderr)
	c.text(&m.Text)
	c.bytes(&m.Shown)
}

func (m *Event) fields(c *coder) {
	number(c, &m.Kind)
	number(c, &m.Engine)
	c.fixed(m.Job[:])
	c.text(&m.Text)
	c.time(&m.At)
}

func (m *Status) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.text(&m.Cluster)
	c.text(&m.Version)
	number(c, &m.PID)
	c.time(&m.Started)
	list(c, &m.Engines, func(c *coder, e *EngineStatus) { e.fields(c) })
	list(c, &m.Jobs, func(c *coder, j *JobStatus) { j.fields(c) })
	number(c, &m.Clients)
	list(c, &m.Hosts, func(c *coder, h *HostStatus) { h.fields(c) })
}

func (h *HostStatus) fields(c *coder) {
	h.Info.fields(c)
	c.flag(&h.Up)
	list(c, &h.Engines, number[EngineID])
	c.float(&h.Load)
	number(c, &h.Free)
	c.duration(&h.Ahead)
	c.text(&h.Without)
	c.duration(&h.Leaves)
	list(c, &h.Used, eachResource)
}

func (e *EngineStatus) fields(c *coder) {
	number(c, &e.ID)
	number(c, &e.State)
	e.Info.fields(c)
	number(c, &e.PID)
	number(c, &e.Memory)
	number(c, &e.Running)
	number(c, &e.Queued)
	number(c, &e.TasksDone)
	number(c, &e.Restarts)
	c.text(&e.LastDeath)
}

func (j *JobStatus) fields(c *coder) {
	c.fixed(j.ID[:])
	number(c, &j.State)
	c.text(&j.Label)
	c.text(&j.Func)
	number(c, &j.Total)
	number(c, &j.Done)
	number(c, &j.Failed)
	number(c, &j.Running)
	number(c, &j.Retried)
	c.time(&j.Submitted)
	c.text(&j.Waiting)
}
