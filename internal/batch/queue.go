package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Queue is a batch system as this machine reaches it.
type Queue struct{ *System }

// Submit submits a script that is in a file and returns the job's id.
func (q Queue) Submit(ctx context.Context, script string) (string, error) {
	var input []byte
	if q.ByInput {
		var err error
		if input, err = os.ReadFile(script); err != nil {
			return "", err
		}
	}
	out, said, err := q.run(ctx, input, q.System.Submit(script))
	if err != nil {
		return "", q.explain(err, said)
	}
	return q.ParseID(out)
}

// Poll asks what becomes of a job.
func (q Queue) Poll(ctx context.Context, id string) (Status, error) {
	out, said, err := q.run(ctx, nil, q.System.Poll(id))
	s, ok := q.Parse(id, out, said, err != nil)
	if !ok {
		return s, q.explain(err, said)
	}
	return s, nil
}

// Cancel cancels a job. One that is not known any more is no error.
func (q Queue) Cancel(ctx context.Context, id string) error {
	_, said, err := q.run(ctx, nil, q.System.Cancel(id))
	if err != nil && !q.unknown.MatchString(said) {
		return q.explain(err, said)
	}
	return nil
}

func (q Queue) run(ctx context.Context, input []byte, argv []string) (out, said string, err error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	err = cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w", argv[0], err)
	}
	return stdout.String(), stderr.String(), err
}

// explain says what a command's failure means.
func (q Queue) explain(err error, said string) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: %s is not there; start the cluster on a machine where jobs of %s can be submitted", err, q.System.Submit("")[0], q.Name)
	}
	if text := strings.TrimSpace(said); text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}
