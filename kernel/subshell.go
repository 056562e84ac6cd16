package kernel

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"

	"github.com/gocluster/gocluster/internal/jupyter"
)

// subshells are the queues that clients have made for requests on shell, besides the main one.
type subshells struct {
	mu   sync.Mutex
	ids  []string // in the order of their making
	byID map[string]*subshell
}

// maxSubshells bounds what clients may make; a page makes a few.
const maxSubshells = 256

func (s *subshells) get(id string) *subshell {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

func (s *subshells) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.ids...)
}

func (s *subshells) create() (string, *subshell, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ids) >= maxSubshells {
		return "", nil, fmt.Errorf("there are %d subshells already: delete some", len(s.ids))
	}
	id, made := rand.Text(), newSubshell()
	if s.byID == nil {
		s.byID = map[string]*subshell{}
	}
	s.ids, s.byID[id] = append(s.ids, id), made
	return id, made, nil
}

// remove returns a subshell that clients know no more, nil if they did not.
func (s *subshells) remove(id string) *subshell {
	s.mu.Lock()
	defer s.mu.Unlock()
	removed := s.byID[id]
	delete(s.byID, id)
	s.ids = slices.DeleteFunc(s.ids, func(x string) bool { return x == id })
	return removed
}

// subshell is one queue.
type subshell struct {
	mu      sync.Mutex
	moved   *sync.Cond
	waiting []*jupyter.Request
	gone    bool
}

func newSubshell() *subshell {
	s := new(subshell)
	s.moved = sync.NewCond(&s.mu)
	return s
}

// put puts a request in line, and reports whether the subshell is there. It waits while the line is long.
func (s *subshell) put(r *jupyter.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) >= laneCapacity && !s.gone {
		s.moved.Wait()
	}
	if !s.gone {
		s.waiting = append(s.waiting, r)
		s.moved.Broadcast()
	}
	return !s.gone
}

// take returns the next request, nil when the subshell is gone and nothing waits.
func (s *subshell) take() *jupyter.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) == 0 && !s.gone {
		s.moved.Wait()
	}
	if len(s.waiting) == 0 {
		return nil
	}
	r := s.waiting[0]
	s.waiting = s.waiting[1:]
	s.moved.Broadcast()
	return r
}

// close makes the subshell take no more requests.
func (s *subshell) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.moved.Broadcast()
}

// onSubshell puts a request in a subshell's line, and reports whether there is one.
func (k *kernel) onSubshell(r *jupyter.Request) bool {
	s := k.subshells.get(r.Header.Subshell)
	return s != nil && s.put(r)
}

// serveSubshell serves a subshell's requests. Those that wait when it is deleted are answered that it is gone.
func (k *kernel) serveSubshell(ctx context.Context, s *subshell) error {
	defer context.AfterFunc(ctx, s.close)()
	for r := s.take(); r != nil && ctx.Err() == nil; r = s.take() {
		k.serve(ctx, r)
	}
	return nil
}

func (k *kernel) createSubshell(context.Context, *jupyter.Request) (reply, error) {
	id, s, err := k.subshells.create()
	if err == nil {
		err = k.group.Go("subshell", func(ctx context.Context) error { return k.serveSubshell(ctx, s) })
	}
	if err != nil {
		return reply{}, err
	}
	return reply{content: map[string]string{"status": "ok", "subshell_id": id}}, nil
}

func (k *kernel) deleteSubshell(_ context.Context, r *jupyter.Request) (reply, error) {
	var req struct {
		ID string `json:"subshell_id"`
	}
	if err := r.Read(&req); err != nil {
		return reply{}, err
	}
	s := k.subshells.remove(req.ID)
	if s == nil {
		return reply{}, noSubshell(req.ID)
	}
	s.close()
	return ok(), nil
}

func (k *kernel) listSubshells(context.Context, *jupyter.Request) (reply, error) {
	return reply{content: map[string]any{"status": "ok", "subshell_id": k.subshells.list()}}, nil
}

func noSubshell(id string) error {
	return fmt.Errorf("there is no subshell %q: it has been deleted, or was never created", id)
}

// onSubshell reports whether a request is for a subshell.
func onSubshell(r *jupyter.Request) bool {
	return r.Channel == jupyter.Shell && r.Header.Subshell != ""
}
