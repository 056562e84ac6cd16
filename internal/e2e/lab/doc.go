// Package lab is what tests of whole clusters have in common: gocluster as processes of their own, a profile in a folder of the test's,
// and waiting for what is to become so.
//
// A package that uses it has TestMain call Main. The profile of a test is called lab too; Start and Connect mean that one.
package lab
