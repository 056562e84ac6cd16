package widgets

import (
	"sync"

	"github.com/gocluster/gocluster/display/comm"
	"github.com/gocluster/gocluster/internal/session/host"
)

// registry knows the models that the client knows.
type registry struct {
	mu    sync.Mutex
	byID  map[string]*Model
	dirty map[*Model]bool // with changes that the client is still to be told of
}

var models = registry{byID: map[string]*Model{}, dirty: map[*Model]bool{}}

func init() {
	host.AtEnd(models.flush)
	comm.Register(controlTarget, control)
}

func (r *registry) add(m *Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[m.id] = m
}

func (r *registry) remove(m *Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, m.id)
	delete(r.dirty, m)
}

func (r *registry) later(m *Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dirty[m] = true
}

// flush tells the client of all changes: a cell ends, and what it has come to is to be seen.
func (r *registry) flush() {
	r.mu.Lock()
	dirty := r.dirty
	r.dirty = map[*Model]bool{}
	r.mu.Unlock()
	for m := range dirty {
		m.flush()
	}
}

// states are all models as the control comm tells of them.
func (r *registry) states() map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]any{}
	for id, m := range r.byID {
		m.mu.Lock()
		state := make(map[string]any, len(m.state))
		for name, v := range m.state {
			state[name] = v
		}
		m.mu.Unlock()
		all[id] = map[string]any{
			"model_name": state["_model_name"], "model_module": state["_model_module"],
			"model_module_version": state["_model_module_version"], "state": state,
		}
	}
	return all
}

// control answers a client that asks for all models at once, as it does when a page is loaded again.
func control(c *comm.Comm, _ comm.Message) {
	c.OnMessage(func(msg comm.Message) {
		var m clientMessage
		if msg.Read(&m) != nil || m.Method != controlRequest {
			return
		}
		states, paths, buffers := split(models.states())
		_ = c.Send(map[string]any{"method": controlUpdate, "states": states, "buffer_paths": paths}, comm.Buffers(buffers...)) // who has closed it does not wait
	})
}
