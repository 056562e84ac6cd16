package jupyter

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// Version is the version of the protocol that is spoken here.
const Version = "5.5"

// ErrMalformed is wrapped by every error about frames that are not a message.
var ErrMalformed = errors.New("malformed message")

var delimiter = []byte("<IDS|MSG>")

// jsonFrames are the frames a signature covers: header, parent header, metadata, content.
const jsonFrames = 4

// Header says what a message is and who sent it.
type Header struct {
	MsgID    string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"`
	Type     string `json:"msg_type"`
	Version  string `json:"version"`
	Subshell string `json:"subshell_id,omitempty"`
}

// Message is one message, in either direction.
type Message struct {
	Header Header
	// RawHeader is the header as it was received; a reply's parent header is this, whatever unknown keys it has.
	RawHeader json.RawMessage
	Parent    json.RawMessage
	Metadata  json.RawMessage
	Content   json.RawMessage
	Buffers   [][]byte
}

// Read decodes the message's content into v.
func (m *Message) Read(v any) error {
	if err := json.Unmarshal(m.Content, v); err != nil {
		return fmt.Errorf("%w: content of %s: %v", ErrMalformed, m.Header.Type, err)
	}
	return nil
}

// Author makes messages, all with one session id: clients drop messages when a kernel's session id changes.
type Author struct {
	session, username string
	idPrefix          string // of message ids
	count             atomic.Uint64
}

// NewAuthor returns the author of this process's messages.
func NewAuthor() *Author {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	name := os.Getenv("USER")
	if name == "" {
		name = "kernel"
	}
	session := hex.EncodeToString(id[:])
	return &Author{session: session, username: name, idPrefix: fmt.Sprintf("%s_%d_", session, os.Getpid())}
}

// Session is the session id of all the author's messages.
func (a *Author) Session() string { return a.session }

// New makes a message about parent, which may be nil. content is anything that encodes as a JSON object.
func (a *Author) New(msgType string, parent *Message, content any) (*Message, error) {
	raw, err := encode(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", msgType, err)
	}
	m := &Message{
		Header: Header{
			MsgID:    a.idPrefix + strconv.FormatUint(a.count.Add(1), 10),
			Session:  a.session,
			Username: a.username,
			Date:     time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
			Type:     msgType,
			Version:  Version,
		},
		Content: raw,
	}
	if parent != nil {
		m.Parent = parent.RawHeader
	}
	return m, nil
}

// encode is JSON without the escapes that only matter in HTML pages, and with "{}" for nothing. What is JSON already is taken as it is.
func encode(v any) (json.RawMessage, error) {
	switch v := v.(type) {
	case nil:
		return json.RawMessage("{}"), nil
	case json.RawMessage:
		return v, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Encode returns the message's frames, signed, behind those of a prefix: routing identities, or a topic.
func (s *Signer) Encode(m *Message, prefix ...[]byte) [][]byte {
	frames := make([][]byte, 0, len(prefix)+2+jsonFrames+len(m.Buffers))
	frames = append(frames, prefix...)
	frames = append(frames, delimiter, nil, m.Header.encode(), orEmpty(m.Parent), orEmpty(m.Metadata), orEmpty(m.Content))
	n := len(frames) - jsonFrames
	frames[n-1] = s.sign(frames[n:])
	return append(frames, m.Buffers...)
}

// encode is the header's JSON, without the detours of reflection: every message has one.
func (h *Header) encode() []byte {
	b := make([]byte, 0, 256)
	for _, f := range [...]struct{ name, value string }{
		{`{"msg_id":`, h.MsgID}, {`,"session":`, h.Session}, {`,"username":`, h.Username}, {`,"date":`, h.Date},
		{`,"msg_type":`, h.Type}, {`,"version":`, h.Version},
	} {
		b = appendString(append(b, f.name...), f.value)
	}
	if h.Subshell != "" {
		b = appendString(append(b, `,"subshell_id":`...), h.Subshell)
	}
	return append(b, '}')
}

// appendString appends a string of JSON.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string has no reason to fail
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

func orEmpty(raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return []byte("{}")
	}
	return raw
}

// Decode checks the frames of a received message and returns it with the routing identities before it. Errors wrap
// ErrMalformed or ErrSignature.
func (s *Signer) Decode(frames [][]byte) (ids [][]byte, m *Message, err error) {
	at := 0
	for at < len(frames) && !bytes.Equal(frames[at], delimiter) {
		at++
	}
	if at == len(frames) {
		return nil, nil, fmt.Errorf("%w: no %s among its %d frames", ErrMalformed, delimiter, len(frames))
	}
	ids, frames = frames[:at:at], frames[at+1:]
	if len(frames) < 1+jsonFrames {
		return nil, nil, fmt.Errorf("%w: %d frames after the delimiter, want at least %d", ErrMalformed, len(frames), 1+jsonFrames)
	}
	signature, signed := frames[0], frames[1:1+jsonFrames]
	if err := s.check(signature, signed); err != nil {
		return nil, nil, err
	}
	m = &Message{RawHeader: signed[0], Parent: signed[1], Metadata: signed[2], Content: signed[3], Buffers: frames[1+jsonFrames:]}
	for i, name := range [jsonFrames]string{"header", "parent_header", "metadata", "content"} {
		if !isObject(signed[i]) {
			return nil, nil, fmt.Errorf("%w: its %s is not a JSON object: %.60q", ErrMalformed, name, signed[i])
		}
	}
	if err := json.Unmarshal(m.RawHeader, &m.Header); err != nil {
		return nil, nil, fmt.Errorf("%w: header: %v", ErrMalformed, err)
	}
	if m.Header.Type == "" || m.Header.MsgID == "" {
		return nil, nil, fmt.Errorf("%w: its header has no msg_type or no msg_id: %.200q", ErrMalformed, m.RawHeader)
	}
	return ids, m, nil
}

func isObject(raw []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) && json.Valid(raw)
}

// SetMetadata gives the message metadata: anything that encodes as a JSON object.
func (m *Message) SetMetadata(metadata any) error {
	raw, err := encode(metadata)
	if err != nil {
		return fmt.Errorf("metadata of %s: %w", m.Header.Type, err)
	}
	m.Metadata = raw
	return nil
}
