// Package proto has the cluster's nouns, ids, states, messages and errors, and is the specification of its wire protocol.
//
// # Transport
//
// Every peer (an engine host or a client) opens two TCP connections to the controller's one port, each with TLS 1.3 and
// certificates on both sides, issued by the cluster's own authority; the certificate's organizational unit is the peer's
// role ("engine" or "client"). Inside TLS runs ZMTP 3.0 with the NULL mechanism: the peer is a DEALER, the
// controller a ROUTER. A message below is one ZMTP multipart message.
//
// There is one exception. A host without a certificate that asks in the TLS handshake (ALPN) for JoinProtocol, and for nothing else, is not
// asked for a certificate. It can do nothing but ask for one with an invitation: a line of JSON each way, which package
// invite has.
//
// Processes of the controller's user on its machine may connect to its Unix socket instead. They make the same TLS handshake, asking
// for the protocol "gocluster-local" (ALPN), the controller says one byte more, and all that follows is ZMTP without TLS.
//
// # Frames
//
// Frame 0 is the header: one byte, the message's type, then the fields of the struct of that name, in the order in which
// its fields function walks them. Further frames are bulk fields, in order. The encodings are:
//
//   - unsigned numbers (epochs, sequence numbers, sizes, lengths): LEB128 varint, as encoding/binary's Uvarint;
//   - all other integers, enumerations and durations (nanoseconds): zig-zag, then LEB128;
//   - flags: the integer 0 or 1;
//   - times: nanoseconds since 1970 UTC as an integer, 0 for none;
//   - floats: the IEEE 754 bits as an unsigned number;
//   - text: length, then UTF-8 bytes;
//   - ids and hashes: their 16 or 32 bytes; a hash that may be missing is a flag, behind which it follows if that is 1;
//   - lists: length, then the elements;
//   - fields that are often all empty, together: a flag, behind which they follow if that is 1 (c.rare in fields);
//   - bulk bytes: the unsigned number n; if n > 0, n-1 bytes follow in the header; if n = 0, the bytes are the
//     next further frame.
//
// Bytes in the header behind the last known field are ignored, so that later versions can add fields.
//
// # Sizes
//
// A message of more than a megabyte (2^20 bytes, all frames together) or of more than 64 frames is cut into Fragment
// messages, whose parts have a megabyte at most: so nothing on a connection has a frame of more than two megabytes,
// more than four megabytes in all, or more than 128 frames, and a peer that sends such a thing is dropped. The frames of the message
// are cut one after the other; its first Fragment has their sizes. Parts of a message come in order; other messages may
// come in between, and of at most four messages only a part may be there. Fragments travel on the channel of the message
// that they are made of, and cannot be fragments of fragments.
//
// Small messages of one connection (at most 4096 bytes, one frame) that wait to be sent together may be packed into one message of
// type TypePacked: behind the type byte, each message's length (an unsigned number, in two bytes) and bytes. Hello, Welcome, Refuse, Ping, Pong, Bye and Fragment are never packed.
//
// # Connecting
//
// On each connection the peer sends Hello: the same Peer and Epoch on both, Channel 1 (control) or 2 (data), and then
// nothing until it is answered. When both connections have said Hello, the controller answers Welcome on each. It answers Refuse
// and closes where the version is not its own or where the Role in Hello is not the certificate's organizational unit. A refused
// peer must not try again. The controller's own certificate has the unit "controller", and the cluster's id as its name.
//
// Both sides send Ping on the control connection every Heartbeat, answer it with Pong, and drop a peer from which nothing
// came on it for Silence. A peer whose connections break, either of them, makes both anew, with the same Peer and a greater Epoch, and
// says what it has: Register with Held, or Resume for each job. New connections of a Peer replace the old ones.
//
// A peer that sees the controller's spool directory, which Welcome names, says so by Local, its first message on the data connection. From then on large
// objects and results between the two are files there.
//
// Which connection a message travels on its type says (ChannelOf); there is no order between the two.
//
// Who closes on purpose sends Bye on both connections, as the last message on each, and reads the other side's to the end.
//
// # Values
//
// The controller never decodes a user's values: they travel in Blocks, which can be cut without being decoded. The
// encoding of a BlockVar's elements is package codec's, CBOR.
//
// # The life of a job
//
//	client                      controller                      engine host
//	  Object (unit, captures)  ->
//	  Submit                   ->
//	                           <-  Accepted (of several jobs that came together)
//	                               Assign                       ->
//	                               <- NeedObject (once per hash and host)
//	                               Object                       ->
//	                               <- TaskStarted (unless it ends within moments)
//	                               <- NeedCell (where a session's cell is to be compiled, or imports other modules)
//	                           <-  NeedCell
//	  Cell                     ->  Cell                         ->
//	                           <-  Output  <- TaskOutput (of live jobs: what is printed and displayed)
//	                               <- TaskProgress (of several elements that take long)
//	  ProgressRequest          ->
//	                           <-  Progress
//	                               <- TaskDone | TaskLost
//	                           <-  Result (Seq 0, 1, ...)
//	  Ack                      ->
//	                           <-  JobEnd (unless the last Result has said that it is the last)
//
// While a job is open, Extend adds elements to it. When the client has compiled the job's unit it sends the programs as Objects and then Compiled; tasks that
// are given out from then on name them. Cancel ends a job early. The controller takes tasks back by Revoke, which TaskLost or TaskDone answers.
//
// A client that can compile cells says so by CellMaker before its first job that may need it; the controller tells the hosts by CellMakers.
//
// # The life of an engine
//
//	client                      controller                      engine host
//	                               <- Register (first on every connection)
//	                               Registered (ids)             ->
//	                               <- EngineUp (a worker is there, also in the place of one that has died)
//	                               <- EngineDown (it has ended), and TaskLost for each of its tasks
//	                               <- HostStats (every few seconds)
//	                           <-  Event (to every client: what becomes of engines and jobs)
//	  Shutdown (some, or all)  ->  Stop                         ->
//
// # The life of a parcel
//
//	client                      controller                      engine host
//	  Put                      ->
//	                           <-  Parcels (Needs)
//	  Object (each that is needed)
//	  Put                      ->
//	                           <-  Parcels
//	  ParcelsRequest (After)   ->  Place                        ->
//	                               <- NeedObject (the list of parts, and those, unless the machine has the parcel)
//	                               Object                       ->
//	                               <- Placed
//	                           <-  Parcels
//
// A host that comes later is told in Registered, and its engines are up when it has all.
//
// # Questions
//
// A client's question has a Seq, and so has the answer to it (see Answer): StatusRequest is answered by Status; Invite, Uninvite and InvitationsRequest by
// Invitations; SetsRequest by Sets; Put and ParcelsRequest by Parcels; Environment, which sets the cluster's, by itself; ProfileRequest by Profiles.
//
// The controller passes Environment on to the hosts, before any task that it gives out afterwards; ProfileRequest too, and puts together what they answer;
// and SetsRequest to the cluster's keeper, the client that has said by Keep which engines it starts and ends.
//
// # Programs of clients
//
//	client                      controller                      engine host
//	  Run                      ->  Run                          ->
//	  RunData                 <->  RunData                     <->  (both ways: pieces of streams, and how much of them has come)
//	                           <-  RunEnd                      <-
//
// A RunEnd from the client has the program killed; the host's is the last message all the same.
//
// # Programs of units
//
// An engine speaks to the programs that it runs by messages of these types, over two pipes (package unit/worker): Assign, Revoke, Object, TaskDone and so on. Two are
// used there only: NeedVariable asks a program for a variable of the engine, and Variable brings one, either way.
//
// # Attempts
//
// A task is identified by its TaskID and Attempt. The controller counts attempts up whenever it gives a task out again, and
// drops what arrives for an attempt that is not the current one.
package proto
