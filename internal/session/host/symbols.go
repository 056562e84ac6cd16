package host

import "reflect"

// Symbols are the names that only interpreted code calls, for the interpreter.
func Symbols() map[string]reflect.Value {
	v := reflect.ValueOf
	return map[string]reflect.Value{
		"Pointer": v((*Pointer)(nil)), "Address": v(Address), "Number": v(Number), "Place": v(Place), "Point": v(Point), "Add": v(Add),
		"SliceAt": v(SliceAt), "DataOf": v(DataOf), "StringAt": v(StringAt), "StringData": v(StringData),
		"Deferring": v((*Deferring)(nil)), "NewDeferred": v(NewDeferred), "Defer": v(Defer), "DeferRecover": v(DeferRecover), "RunDeferred": v(RunDeferred),
		"EvenInterrupted": v(EvenInterrupted), "RunRest": v(RunRest),
		"Entered": v(Entered), "Through": v(Through), "Recover": v(Recover),
		"Comm": v((*Comm)(nil)), "Sending": v(Sending), "Receiving": v(Receiving), "Dropping": v(Dropping), "Select": v(Select),
		"Hex": v(Hex), "Triple": v(Triple), "Words": v(Words),
	}
}
