package notebook

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// members is a JSON object whose order and spelling are kept.
type members []member

type member struct {
	key   string
	value json.RawMessage
}

func (m *members) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("want an object, have %.20q", data)
	}
	*m = nil
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		*m = append(*m, member{key.(string), value})
	}
	return nil
}

func (m members) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range m {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, compact(f.key)...), ':')
		b = append(b, f.value...)
	}
	return append(b, '}'), nil
}

func (m members) get(key string) (json.RawMessage, bool) {
	for _, f := range m {
		if f.key == key {
			return f.value, true
		}
	}
	return nil, false
}

// text is the text at key; "" if there is none.
func (m members) text(key string) string {
	var s string
	if v, ok := m.get(key); ok {
		_ = json.Unmarshal(v, &s)
	}
	return s
}

// set replaces the value at key, or adds it where Jupyter, which sorts keys, would have it.
func (m *members) set(key string, value any) {
	raw := compact(value)
	for i, f := range *m {
		if f.key == key {
			(*m)[i].value = raw
			return
		}
	}
	at := len(*m)
	for i, f := range *m {
		if f.key > key {
			at = i
			break
		}
	}
	*m = append(*m, member{})
	copy((*m)[at+1:], (*m)[at:])
	(*m)[at] = member{key, raw}
}

// compact is value as JSON that keeps <, > and & readable, as Jupyter's does.
func compact(value any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		// The caller hands in texts, numbers and what came out of a JSON decoder; a display with anything else shows why it is missing.
		return compact(fmt.Sprintf("cannot be written as JSON: %v", err))
	}
	return bytes.TrimSpace(b.Bytes())
}
