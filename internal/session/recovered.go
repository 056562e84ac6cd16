package session

import (
	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
)

// Recovered gives interpreted code what compiled code would have recovered.
func (p *process) Recovered(r any) any { return interp.Recovered(r) }

// ownFault makes a failure of the interpreter itself a refusal: the user's code is not to blame.
func ownFault(f *failure, e *interp.Panic) *failure {
	if e.Own() {
		f.Kind, f.Name = proto.KindInternal, "InterpreterError"
		f.Message = "the interpreter does not run this code faithfully: " + f.Message
		f.Hint = "use the native tier (%tier native)"
	}
	return f
}
