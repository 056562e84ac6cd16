package kernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/gocluster/gocluster/internal/jupyter"
)

var errNoStdin = errors.New("this client does not take questions: the cell was sent with allow_stdin=false")

// endOfInput is what a client sends for the end of its input.
const endOfInput = "\x04"

// inputs is the question that waits for an answer, if there is one.
type inputs struct {
	asking sync.Mutex // held while a question is open
	mu     sync.Mutex
	client string
	answer chan string // nil: nobody waits
}

// Input is an answer; one that nobody waits for any more is dropped.
func (k *kernel) Input(r *jupyter.Request) {
	var reply struct {
		Value string `json:"value"`
	}
	if r.Header.Type != "input_reply" || r.Read(&reply) != nil {
		k.ignored.Warn("ignored a message on stdin", "type", r.Header.Type)
		return
	}
	k.input.deliver(r.Client(), reply.Value)
}

func (in *inputs) deliver(client, value string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.answer != nil && in.client == client {
		in.answer <- value
		in.answer = nil
	}
}

func (in *inputs) open(client string) <-chan string {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.client, in.answer = client, make(chan string, 1)
	return in.answer
}

func (in *inputs) shut() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answer = nil
}

// ask asks the client that sent r. An interrupt ends the question.
func (k *kernel) ask(ctx context.Context, r *jupyter.Request, prompt string, password bool) (string, error) {
	k.input.asking.Lock()
	defer k.input.asking.Unlock()
	answer := k.input.open(r.Client())
	defer k.input.shut()
	m, err := k.author.New("input_request", &r.Message, map[string]any{"prompt": prompt, "password": password})
	if err != nil {
		return "", err
	}
	if err := k.wire.Ask(ctx, r, m); err != nil {
		return "", fmt.Errorf("cannot ask: %w", err)
	}
	select {
	case value := <-answer:
		if value == endOfInput {
			return "", io.EOF
		}
		return value, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
