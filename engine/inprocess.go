package engine

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/gocluster/gocluster/internal/proto"
)

// InProcess is a worker without a process: tests and benches use it to have many engines, or to see what a host does with a
// worker's death. Its Run is the function it was made of.
type InProcess struct {
	run  func(ctx context.Context, t *Task, out Output) (proto.Chunk, error)
	once sync.Once
	life context.Context
	end  context.CancelFunc
	why  string
}

// NewInProcess returns a worker that runs tasks with run.
func NewInProcess(run func(ctx context.Context, t *Task, out Output) (proto.Chunk, error)) *InProcess {
	life, end := context.WithCancel(context.Background())
	return &InProcess{run: run, life: life, end: end}
}

// PID returns this process's id.
func (w *InProcess) PID() int { return os.Getpid() }

// Run runs a task; the death of the worker cancels its context.
func (w *InProcess) Run(ctx context.Context, t *Task, out Output) (proto.Chunk, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.life, cancel)()
	chunk, err := w.run(ctx, t, out)
	if w.life.Err() != nil {
		return chunk, fmt.Errorf("%w: %s", ErrDied, w.why)
	}
	return chunk, err
}

// Die ends the worker as if its process had ended for the reason given.
func (w *InProcess) Die(why string) {
	w.once.Do(func() {
		w.why = why
		w.end()
	})
}

// Died is closed when the worker has ended.
func (w *InProcess) Died() <-chan struct{} { return w.life.Done() }

// Death says why it has ended.
func (w *InProcess) Death() string { return w.why }

// Kill ends the worker. What it runs must notice by its context.
func (w *InProcess) Kill() { w.Die("killed") }

// Close ends the worker.
func (w *InProcess) Close() error {
	w.Die("closed")
	return nil
}
