// Package conn is a client's connection to the controller: jobs go in, their chunks and their end come out. Whatever happens
// to the network or to the controller, every job ends: a connection that breaks is resumed, and one that cannot be
// resumed ends all of its jobs with an error that says so.
//
// Packages client and views are the two faces of it for users: client makes connections, views submit jobs.
package conn
