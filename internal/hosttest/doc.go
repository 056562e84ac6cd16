// Package hosttest gives tests machines of their own: each has a network namespace with an address on a bridge, mount, host name
// and process namespaces, a home, a user and a real sshd with a key of its own. They need root on Linux, and the programs that
// Need lists.
//
// Nothing outlives the test: a machine's processes end with its first one, which ends with the test's process, and with it go its
// network and its mounts. Names and addresses hold the test's process id, so several tests run at once.
package hosttest
