package jupyter

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
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
	return &Author{session: hex.EncodeToString(id[:]), username: name}
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
			MsgID:    fmt.Sprintf("%s_%d_%d", a.session, os.Getpid(), a.count.Add(1)),
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

// encode is JSON without the escapes that only matter in HTML pages, and with "{}" for nothing.
func encode(v any) (json.RawMessage, error) {
	if v == nil {
		return json.RawMessage("{}"), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Encode returns the message's frames, from the delimiter on, signed.
func (s *Signer) Encode(m *Message) ([][]byte, error) {
	header, err := encode(m.Header)
	if err != nil {
		return nil, err
	}
	signed := [][]byte{header, orEmpty(m.Parent), orEmpty(m.Metadata), orEmpty(m.Content)}
	frames := append([][]byte{delimiter, s.sign(signed)}, signed...)
	return append(frames, m.Buffers...), nil
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
	return strings.HasPrefix(strings.TrimLeft(string(raw[:min(len(raw), 16)]), " \t\r\n"), "{") && json.Valid(raw)
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
