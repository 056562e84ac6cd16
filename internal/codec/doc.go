// Package codec turns Go values into bytes and back. The bytes are CBOR (RFC 8949), numeric slices typed arrays (RFC 8746), so that
// any language can read them; a Block lays many values out so that they can be cut without being decoded.
//
// Both sides know the type: a value is decoded into a Go type, and the encoding follows the type's structure, not its
// name. Structs are maps from field name to value, unexported fields included. Where the type is an interface, the
// dynamic type goes along unless it is one that CBOR itself tells (bool, int, float64, string, nil, []any, map[string]any):
// tag 27 with the type's text and the value.
//
//	bool, string, nil         as CBOR has them; a string that is not UTF-8 is a byte string
//	ints, floats              CBOR integers, floats of the type's size
//	complex                   [real, imaginary]
//	[]byte                    byte string
//	numeric slices, arrays    typed arrays, little-endian (tags 69-71, 72, 77-79, 85, 86)
//	other slices, arrays      arrays; a nil slice is null
//	maps                      maps, ordered by their keys' encodings; a nil map is null
//	structs                   maps with text keys: all fields, none twice
//	pointers                  null or the value, in an array of one where the value could be null itself
//	time.Time                 tag 0, RFC 3339 with nanoseconds and zone offset, or the bytes of MarshalBinary where that has
//	                          no way to say it; the monotonic reading is dropped
//	big.Int, big.Rat          tags 2, 3 and 30; big.Float its gob bytes
//	error                     tag 27 with "error" and [the error as a value, how many of its chain that leaves out, the chain's texts]; with
//	                          "sentinel" and a name for io.EOF and its like, which are compared by identity
//	BinaryMarshaler, TextMarshaler of other packages' types: their bytes
//
// What is tied to the process (channels, functions, locks, files, connections) is refused with the path to it.
// Shared pointers become copies; cycles are refused.
//
// A value in an interface keeps its type. Types that are declared in a session, a unit or a program travel by name, with a number that tells
// what they are made of, and the receiver finds its own type of that name: among those that are linked into the process, or where Names says. One
// that it does not have is an UnknownTypeError; of an error the texts remain then (RemoteError).
//
// Bytes may come from anywhere: what is malformed is an error that wraps ErrMalformed, nesting is bounded, and so is the memory
// that decoding takes, in proportion to the bytes. Equal values have equal encodings.
package codec
