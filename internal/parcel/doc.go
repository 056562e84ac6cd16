// Package parcel packs a file or a folder, and puts it in its place on another machine, all at once: permissions, times and symbolic links
// as they were, no name outside of the place, and nothing changed there where something goes wrong.
//
// A packed one is cut into parts, which are named by their bytes' hashes, and the names together name the whole: what is known somewhere
// already is not sent again. A machine notes what it was given (a receipt), so that it can tell without reading it all whether it is there.
package parcel
