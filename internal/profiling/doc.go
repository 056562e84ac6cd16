// Package profiling finds out what the processes of a cluster compute: each writes down where it spends its time, and what they have
// written is put together as one profile for pprof, in which a label says whose each sample is.
package profiling
