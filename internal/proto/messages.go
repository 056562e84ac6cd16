package proto

import "time"

// Type is a message's type on the wire. The values are wire values: do not reorder, only add.
type Type uint8

// The message types, by who sends them.
const (
	// Both directions, handled by package link.
	TypeHello Type = iota + 1
	TypeWelcome
	TypeRefuse
	TypePing
	TypePong
	TypeBye
	TypeFragment
	// Both directions.
	TypeNeedObject
	TypeObject
	// Engine host to controller.
	TypeRegister
	TypeEngineUp
	TypeEngineDown
	TypeTaskStarted
	TypeTaskDone
	TypeTaskLost
	TypeTaskOutput
	TypeHostStats
	// Controller to engine host.
	TypeRegistered
	TypeAssign
	TypeRevoke
	TypeStop
	// Client to controller.
	TypeSubmit
	TypeExtend
	TypeCancel
	TypeResume
	TypeAck
	TypeStatusRequest
	TypeShutdown
	// Controller to client.
	TypeAccepted
	TypeResult
	TypeJobEnd
	TypeOutput
	TypeEvent
	TypeStatus
	// Both directions: several small messages, see Pack.
	TypePacked
	// Either to the controller.
	TypeLocal
	// Engine host to controller.
	TypeTaskProgress
	// Client to controller.
	TypeProgressRequest
	// Controller to client.
	TypeProgress
	// Client to controller.
	TypeCompiled
	// Client to controller: package invite.
	TypeInvite
	TypeUninvite
	TypeInvitationsRequest
	// Controller to client.
	TypeInvitations
	// Between an engine and a program that it runs.
	TypeVariable
	TypeNeedVariable
	// Client to controller, controller to engine host.
	TypeProfileRequest
	// Engine host to controller, controller to client.
	TypeProfiles
	// Both directions, see Environment.
	TypeEnvironment
	// Client to controller.
	TypePut
	TypeParcelsRequest
	// Controller to client.
	TypeParcels
	// Controller to engine host.
	TypePlace
	// Engine host to controller.
	TypePlaced
	// Client to controller.
	TypeCellMaker
	// Controller to engine host.
	TypeCellMakers
	// Engine host to controller, controller to client.
	TypeNeedCell
	// Client to controller, controller to engine host.
	TypeCell
	// Client to controller, controller to the cluster's keeper.
	TypeSetsRequest
	// The other way.
	TypeSets
	// The cluster's keeper to the controller.
	TypeKeep
	// Client to controller to engine host.
	TypeRun
	// Both directions, see Run.
	TypeRunData
	TypeRunEnd
)

// Version is the protocol's version; peers of another version are refused with a message that says so.
const Version = 2

// JoinProtocol names, in the TLS handshake (ALPN), what a host without a certificate may do: join with an invitation, see package invite.
const JoinProtocol = "gocluster-join/1"

// Message is one of the structs of this package; the set is closed.
type Message interface {
	Type() Type
	fields(*coder)
}

// Channel is one of a peer's two connections.
type Channel uint8

// The channels. Control messages are small and never wait behind data.
const (
	Control Channel = iota + 1
	Data
)

// ChannelOf returns the connection on which a message of this type travels. Messages of one channel arrive in the
// order in which they were sent; there is no order between the channels.
//
// All messages of a task's or job's life travel on Data, so that they keep their order; Control carries what must
// overtake them.
func ChannelOf(t Type) Channel {
	switch t {
	case TypeNeedObject, TypeObject, TypeAssign, TypeTaskStarted, TypeTaskDone, TypeTaskLost, TypeTaskOutput, TypeTaskProgress,
		TypeSubmit, TypeExtend, TypeCompiled, TypeAccepted, TypeResult, TypeJobEnd, TypeOutput, TypeFragment, TypeLocal, TypeProfiles,
		TypeEnvironment, TypePut, TypeParcels, TypeCellMaker, TypeCellMakers, TypeNeedCell, TypeCell:
		return Data
	}
	return Control
}

// Hello is the first message on each of a peer's two connections.
type Hello struct {
	Version int
	Peer    PeerID
	// Epoch pairs the two connections: it is fresh for every try to connect, and greater than those of earlier tries.
	Epoch   uint64
	Channel Channel
	Role    Role
	// Name is the host name, for people.
	Name string
}

// Welcome answers Hello: the connection is accepted.
type Welcome struct {
	Version int
	Cluster string
	// Heartbeat is how often each side sends Ping; Silence is how long a peer may be silent before it counts as lost.
	Heartbeat, Silence time.Duration
	// Spool and Proof are the path and the proof of the controller's spool directory, see package spool; empty if it has none.
	Spool, Proof string
}

// Local says that its sender has joined the controller's spool directory: large objects and results travel between the two as files in it.
// It is the first message on the data channel.
type Local struct{ Answer string }

// Refuse answers Hello or any other message after which the connection is closed for good.
type Refuse struct {
	Error Error
	Code  RefuseCode
}

// RefuseCode says what kind of refusal a Refuse is. The values are wire values: do not reorder, only add.
type RefuseCode uint8

// The kinds of refusal.
const (
	RefuseOther RefuseCode = iota
	// RefuseVersion: the controller speaks another version of the protocol.
	RefuseVersion
	// RefuseRole: the peer's certificate is not that of the role in its Hello.
	RefuseRole
	// RefuseReplaced: a newer connection of the same peer has taken the place of this one.
	RefuseReplaced
	// RefuseMalformed: the peer sent what is no message.
	RefuseMalformed
)

// Ping asks for a Pong with the same number.
type Ping struct{ Seq uint64 }

// Pong answers Ping.
type Pong struct{ Seq uint64 }

// Bye says that the sender closes on purpose; the peer must not reconnect when Final.
type Bye struct {
	Reason string
	Final  bool
}

// Fragment is a piece of a message that is larger than a megabyte. Pieces of one message arrive in order; pieces of
// different messages may be interleaved.
type Fragment struct {
	// Message numbers the fragmented message within its connection.
	Message uint64
	// Sizes, in the first piece only, are the sizes of the message's frames.
	Sizes []uint64
	// Part continues the message's bytes. An empty one after the first piece gives the message up.
	Part []byte
}

// NeedObject asks for an object by name; who has it answers with Object, who has not answers with an Object without Data
// and Missing set.
type NeedObject struct{ Hash Hash }

// Object carries an object: a unit's source or a set of captured values. A client sends a job's objects before the job.
type Object struct {
	Hash    Hash
	Missing bool
	Data    []byte
	// File names the file of Size bytes in the controller's spool directory that has the bytes in place of Data. It is the
	// controller's from then on.
	File string
	Size int
}

// HostInfo describes an engine host's machine.
type HostInfo struct {
	Host      string
	PID       int
	OS, Arch  string
	Cores     int
	Memory    int64
	GoVersion string
	// Set names the engine set of the profile that the host belongs to.
	Set string
	// Resources are what its engines share, and share with those of all hosts whose Stock is the same, if that is not empty.
	Resources []Resource
	Stock     string
	// Part is the number of the SetPart that the host belongs to, 0 if the cluster's keeper has not started it, and Rank its number in there.
	Part, Rank int
}

// Resource is a number of something that a machine has or a task needs, which nobody but its name knows.
type Resource struct {
	Name string
	N    int
}

func eachResource(c *coder, r *Resource) {
	c.text(&r.Name)
	number(c, &r.N)
}

// Platform is what a program must be built for to run on the machine, as in "linux/amd64".
func (h *HostInfo) Platform() string { return h.OS + "/" + h.Arch }

// EngineInfo is one engine of a host.
type EngineInfo struct {
	// ID is the engine's id, NoEngine to be given one.
	ID EngineID
	// PID is the worker's process.
	PID int
}

// Held is an attempt that an engine host still has: running, queued, or done with the result unsent.
type Held struct {
	Task    TaskID
	Attempt Attempt
	Engine  EngineID
}

// Register is an engine host's first message after Welcome, also after it has reconnected.
type Register struct {
	Info    HostInfo
	Engines []EngineInfo
	Held    []Held
	// Now is the time by the host's clock.
	Now time.Time
	// Placed are the parcels that its machine has.
	Placed []Placed
	// Leaves is how long the host begins tasks, and Ends when what it has not finished is cut; 0: nothing is known of an end.
	Leaves, Ends time.Duration
}

// Registered gives the engines of a Register their ids, in its order. Attempts listed in Drop are no longer wanted.
type Registered struct {
	Engines []EngineID
	Drop    []Held
	// Environment is the cluster's, of version 0 if it has none.
	Environment Environment
	// Parcels are the cluster's.
	Parcels []Parcel
	// CellMakers is as in the message of that name.
	CellMakers CellMakers
}

// Environment is source that every engine's session runs before it has any task, and again where its process is replaced. A client that says so
// sets the cluster's, and is answered with it. The controller passes it on to the engine hosts, before any task that it gives out afterwards; a
// session that has run just this already (JobLoad) does not run it again.
type Environment struct {
	Seq uint64
	// Version counts the cluster's environments, from 1; the controller sets it.
	Version uint64
	// Name is how positions call the source.
	Name, Source string
}

// EngineUp says that an engine's worker process is there (again).
type EngineUp struct {
	Engine EngineID
	PID    int
}

// EngineDown says that an engine's worker process has ended, and why. The tasks it had are reported by TaskLost.
type EngineDown struct {
	Engine EngineID
	PID    int
	Reason string
	// Restarting is set when EngineUp will follow.
	Restarting bool
}

// TaskStarted says that a worker has begun an attempt.
type TaskStarted struct {
	Task    TaskID
	Attempt Attempt
	At      time.Time
}

// TaskDone carries an attempt's chunk.
type TaskDone struct {
	Task    TaskID
	Attempt Attempt
	Chunk   Chunk
}

// TaskLost says that an attempt ended without a chunk: its worker died, was killed, or never got it.
type TaskLost struct {
	Task    TaskID
	Attempt Attempt
	Engine  EngineID
	// Started is set when the worker had begun it; only such losses count against the elements.
	Started bool
	Reason  string
}

// TaskOutput is text that a running task printed, or something that it displayed; it is sent for live jobs.
type TaskOutput struct {
	Task    TaskID
	Attempt Attempt
	Stderr  bool
	// Text is what was printed, or the plain text of what was displayed.
	Text string
	// Shown is what was displayed, JSON of its MIME and Metadata, and of ID and Update where it can be changed; empty for text.
	Shown []byte
}

// TaskProgress says how far running tasks of several elements are that take long. It is sent a few times in a second at most.
type TaskProgress struct{ Tasks []TaskAt }

// TaskAt is how many of a task's elements have ended so far, Failed of them with an error.
type TaskAt struct {
	Task         TaskID
	Attempt      Attempt
	Done, Failed int
}

// HostStats is an engine host's condition, sent every few seconds.
type HostStats struct {
	// Load is how many processes of the machine run or would like to, over the last minute.
	Load float64
	// Free is the memory in bytes that the machine has left, 0 if unknown.
	Free    int64
	Engines []EngineStats
}

// EngineStats is one engine's condition.
type EngineStats struct {
	Engine EngineID
	// Memory is what its worker and its programs have in memory, in bytes.
	Memory int64
}

// Assign gives an engine host tasks; each names its engine. An engine runs its tasks in the order of arrival.
type Assign struct{ Tasks []Task }

// Revoke takes attempts back. Queued ones vanish; running ones are stopped, by killing the worker if they do not stop in
// a moment. Each is answered by TaskLost or, if it was quicker, TaskDone.
type Revoke struct {
	Tasks []Held
	// Queued takes back only those that no worker has begun; the others go on, and nothing answers for them.
	Queued bool
}

// Stop tells an engine host to end: all of its engines, or those listed.
type Stop struct {
	Engines []EngineID
	Reason  string
}

// Submit hands in a job. It is answered by Accepted.
type Submit struct{ Spec JobSpec }

// Extend adds elements to an open job.
type Extend struct {
	Job    JobID
	Inputs []Block
	// Last says that no more follow.
	Last bool
	// First is the job's index of the first of these elements. A client that reconnects sends elements again that have no
	// result yet; those that the controller has already are passed over.
	First int
}

// Compiled says that a job's unit has been compiled; tasks that are given out from now on run the programs, where an engine's platform has
// one. Their objects are sent before.
type Compiled struct {
	Job      JobID
	Programs []Program
	// Pure says that the unit is known to do nothing but to compute its results: a task that is being interpreted may be begun again.
	Pure bool
}

// Variable is the value of a variable of an engine, in the codec's encoding: Data, or the contents of the file of this path, which is the
// receiver's then. What receives it has the variable; Missing says that it has it no more, or that there is no such variable.
type Variable struct {
	Name string
	// GoType is the text of its type.
	GoType  string
	Data    []byte
	File    string
	Missing bool
	// Error says why there is no value, if it cannot be sent.
	Error string
}

// NeedVariable asks a program for a Variable, whose value may be left in a new file of path File. With Keep the program has it still.
type NeedVariable struct {
	Name string
	File string
	Keep bool
}

// Cancel ends a job: its queued tasks are dropped, its running tasks stopped. JobEnd follows. It is sent once the job is accepted:
// before, it could overtake the Submit and would mean nothing.
type Cancel struct{ Job JobID }

// Resume is what a reconnected client sends for every job it still waits for. The controller answers with everything
// from message Next on, or with JobEnd and an error if it does not know the job.
type Resume struct {
	Job  JobID
	Next uint64
}

// Ack says what the client has of some jobs: the controller may forget it. Unacknowledged results are bounded: a client that does
// not read makes its jobs wait, not the controller grow.
type Ack struct{ Jobs []Acked }

// Acked says that the client has all of a job's messages before Next.
type Acked struct {
	Job  JobID
	Next uint64
}

// ProgressRequest asks for a Progress of one of the client's own jobs. Nothing answers for a job that is not known, or has ended.
type ProgressRequest struct{ Job JobID }

// StatusRequest asks for a Status.
type StatusRequest struct {
	Seq uint64
	// Brief leaves out the jobs.
	Brief bool
}

// Shutdown ends engines, or the whole cluster where Engines is empty.
type Shutdown struct{ Engines []EngineID }

// Accepted answers Submit, or several of them alike. A job with an Error was not accepted and no other message follows. Engines are those
// that the job may use, in the order of its targets; none stands for every engine, now and later.
type Accepted struct {
	Jobs    []JobID
	Engines []EngineID
	Error   Error
	// Platforms are those of the engines that the job may use now.
	Platforms []string
}

// Result carries a finished chunk to the client. Seq numbers a job's Result, JobEnd messages from 0.
type Result struct {
	Job JobID
	Seq uint64
	// End is JobDone if the chunk was the job's last: no JobEnd follows. It is JobUnknown else.
	End   JobState
	Chunk Chunk
}

// JobEnd is the last message about a job, unless that is a Result which says so.
type JobEnd struct {
	Job   JobID
	Seq   uint64
	State JobState
	// Error says why the job as a whole failed or was cancelled; the elements' own errors are in their chunks.
	Error Error
}

// Output is what a running task of a live job printed or displayed; see TaskOutput. It is not kept for reconnecting clients.
type Output struct {
	Job    JobID
	First  int
	Engine EngineID
	Stderr bool
	Text   string
	Shown  []byte
}

// Progress answers ProgressRequest: the tasks that engines are at.
type Progress struct {
	Job     JobID
	Running []Running
	// Waiting says why nothing of the job is running, empty when something is.
	Waiting string
}

// Running is a task that an engine is at: N elements from First, of which Done have ended as far as is known, Failed of them with an error.
type Running struct {
	Engine       EngineID
	First, N     int
	Done, Failed int
}

// EventKind is the kind of an Event.
type EventKind uint8

// The kinds of Event.
const (
	EventEngineUp EventKind = iota + 1
	EventEngineDown
	EventHostUp
	EventHostLost
	EventTaskRetried
	EventShutdown
)

// Event tells every client what happened to the cluster. Text is one line for people.
type Event struct {
	Kind   EventKind
	Engine EngineID
	Job    JobID
	Text   string
	At     time.Time
}

// Status answers StatusRequest.
type Status struct {
	Seq     uint64
	Cluster string
	Version string
	PID     int
	Started time.Time
	Engines []EngineStatus
	Jobs    []JobStatus
	Clients int
	Hosts   []HostStatus
}

// HostStatus is one engine host in a Status.
type HostStatus struct {
	Info HostInfo
	// Up is not set while the host is disconnected, and has some time to come back.
	Up      bool
	Engines []EngineID
	// Load and Free are the machine's, as the host has told them last.
	Load float64
	Free int64
	// Ahead is how far the host's clock is ahead of the controller's, as far as one message can tell.
	Ahead time.Duration
	// Without says which parcel the machine is to have before it has tasks, and why it has not; empty: it has all.
	Without string
	// Leaves is how long the host begins tasks, for the time of its job is up then; 0: nothing is known of an end, negative: it begins none.
	Leaves time.Duration
	// Used is what tasks have of its Resources.
	Used []Resource
}

// EngineState is what an engine is doing.
type EngineState uint8

// The states of an engine.
const (
	EngineStarting EngineState = iota + 1
	EngineIdle
	EngineBusy
	EngineLost
	EngineDraining
	EngineHeld // its machine has not got all that was put
)

func (s EngineState) String() string {
	names := [...]string{"unknown", "starting", "idle", "busy", "lost", "draining", "held"}
	if int(s) < len(names) {
		return names[s]
	}
	return names[0]
}

// EngineStatus is one engine in a Status.
type EngineStatus struct {
	ID    EngineID
	State EngineState
	Info  HostInfo
	// PID is the worker's process; Info.PID is the host's.
	PID       int
	Memory    int64
	Running   int
	Queued    int
	TasksDone uint64
	Restarts  int
	LastDeath string
}

// JobStatus is one job in a Status.
type JobStatus struct {
	ID        JobID
	State     JobState
	Label     string
	Func      string
	Total     int
	Done      int
	Failed    int
	Running   int
	Retried   int
	Submitted time.Time
	// Waiting says why nothing of the job is running, empty when something is.
	Waiting string
}
