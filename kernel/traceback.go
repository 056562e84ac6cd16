package kernel

import (
	"errors"

	"github.com/gocluster/gocluster/internal/report"
	"github.com/gocluster/gocluster/internal/session"
)

// describe is an error as clients show it. Its name is what tools look at: KeyboardInterrupt is an interrupt everywhere.
func (k *kernel) describe(err error) errorContent {
	r := report.Of(err, &k.sources)
	if errors.Is(err, errInterrupted) {
		r = report.Interrupted()
	}
	return errorContent{EName: r.EName, EValue: r.EValue, Traceback: r.Lines(true)}
}

// isInterrupt reports whether an error says already that the cell was interrupted.
func isInterrupt(err error) bool {
	var cell *session.CellError
	return errors.As(err, &cell) && cell.EName == session.InterruptName
}
