// Package jupyter speaks Jupyter's kernel protocol as far as it is the same for every kernel: messages and their signatures, the
// connection file, and the five sockets. What a kernel does with a request is package kernel's business.
//
// On the wire a message is a list of frames:
//
//	routing identities... <IDS|MSG> signature header parent_header metadata content buffers...
//
// The signature is the HMAC, in hex, of the four JSON frames as they were sent. A message without a right signature, or with
// one that has been used before, is dropped and logged; nothing it says is looked at.
package jupyter
