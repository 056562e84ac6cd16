// Package command is the command line: gocluster with its subcommands, and gocontroller, goengine and gokernel, which are
// three of them under names of their own.
//
// A command reads its flags, calls one function of another package, and prints; nothing else happens here. Exit status
// 0 is success, 1 a failure, 2 a wrong use. What a command has to say goes to stdout, errors and progress to stderr.
package command
