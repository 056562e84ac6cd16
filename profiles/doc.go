// Package profiles has the named cluster configurations, and how the processes of a cluster find and trust each other.
//
// A profile is a folder under Dir():
//
//	profiles/NAME/gocluster.toml     its settings, commented; unknown keys and impossible values are errors
//	profiles/NAME/security/          mode 0700: client.json and engine.json, the connection files, while a controller runs
//	profiles/NAME/log/               what its processes log
//	profiles/NAME/pid/               which processes there are
//
// A controller makes a certificate authority of its own at each start (NewAuthority) and writes connection files: where
// it listens, whom to trust, and a certificate for the reader's role. Whoever can read a client's connection file can
// run code on the cluster, so the files are readable by their owner only, and others are refused.
package profiles
