// Package ssh runs commands on hosts, copies files there and makes connections by way of them, with the user's own OpenSSH: its
// configuration, agent, jump hosts and known hosts count, and nothing is asked, since nobody may be there to answer.
//
// A Host's connections share one, where ssh can do that. What goes wrong is an *Error: which host, what it is, and what to do, from
// what ssh says.
package ssh
