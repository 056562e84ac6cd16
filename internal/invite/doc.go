// Package invite lets engine hosts join a cluster without a file that somebody copied: an invitation is one line of text.
//
// The controller's Desk makes invitations. A Token, the text of one, says where the controller is, how to recognize it (the hash of its
// public key), and a secret, of which the desk keeps the hash alone. A host that Joins connects with TLS, without a certificate of its
// own; it looks whether the key on the other side is the one in the token, and only then says the secret, with a request for
// a certificate (PKCS #10) whose key never leaves the host. The desk answers with a certificate for the role of an engine
// host and nothing else, or with the reason why not. From then on the host is a peer like any other.
//
// A connection without a certificate gets no further than the desk: it is told apart in the TLS handshake, by the protocol's name
// (proto.JoinProtocol), and everything else on the port requires a certificate as before.
//
// An invitation is good for its time, and for as many hosts as its maker has said. It is revoked, or ends with its controller, whose keys
// are made anew at each start. A host that has joined comes back with its key as often as it likes, also when the invitation has
// expired or was revoked, unless those who came with it were cut off. All times are the desk's: a host whose clock is wrong is told.
package invite
