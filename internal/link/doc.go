// Package link is a peer's link with the controller, as package proto specifies it: two connections, one for control and
// one for data, over TLS with certificates on both sides and ZMTP inside. Where both are processes of one user on one machine it is a Unix
// socket, and TLS only says who is who.
//
// Listen serves the controller's end: a Peer is up when both its connections are welcome, and messages of a peer are delivered in
// order within each channel. Dial is the other end: it connects, says why if it cannot, and from then on connects
// again by itself whenever the connection breaks.
//
// Either end sends Ping every heartbeat on the control connection and drops a peer that has been silent for too long. Messages of
// more than a megabyte travel as fragments. What is waiting to be sent and what is half received are both bounded in
// bytes.
//
// A message that is sent must not be changed afterwards, nor the bytes it refers to: they are not copied. A message that is
// received belongs to the handler. Sending reports no delivery: who needs to know waits for an answer.
package link
