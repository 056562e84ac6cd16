// Package proto has the cluster's nouns, ids, states, messages and errors, and is the specification of its wire protocol.
//
// # Transport
//
// Every peer (an engine host or a client) opens two TCP connections to the controller's one port, each with TLS 1.3 and
// certificates on both sides, issued by the cluster's own authority; the certificate's organizational unit is the peer's
// role ("engine" or "client"). Inside TLS runs ZMTP 3.0 with the NULL mechanism: the peer is a DEALER, the
// controller a ROUTER. A message below is one ZMTP multipart message.
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
//   - ids and hashes: their 16 or 32 bytes;
//   - lists: length, then the elements;
//   - bulk bytes: the unsigned number n; if n > 0, n-1 bytes follow in the header; if n = 0, the bytes are the
//     next further frame.
//
// Bytes in the header behind the last known field are ignored, so that later versions can add fields.
// A message of more than a megabyte is cut into Fragment messages (see there).
//
// # Connecting
//
// On each connection the peer sends Hello: the same Peer and Epoch on both, Channel 1 (control) or 2 (data). The
// controller answers Welcome or Refuse on each. The peer is up when both are welcome. Both sides send Ping on the
// control connection every Heartbeat and drop a peer that has been silent for Silence on it. A peer whose
// connection breaks reconnects with the same Peer and a new Epoch, and says what it has: Register with Held, or Resume for
// each job. A new connection of a Peer replaces the old one.
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
//	                           <-  Accepted
//	                               Assign                       ->
//	                               <- NeedObject (once per hash and host)
//	                               Object                       ->
//	                               <- TaskStarted
//	                               <- TaskDone | TaskLost
//	                           <-  Result (Seq 0, 1, ...)
//	  Ack                      ->
//	                           <-  JobEnd
//
// A task is identified by its TaskID and Attempt. The controller counts attempts up whenever it gives a task out again, and
// drops what arrives for an attempt that is not the current one.
package proto
