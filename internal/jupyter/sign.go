package jupyter

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// ErrSignature is wrapped by every error about a signature that is wrong or used again.
var ErrSignature = errors.New("refused signature")

// remembered is how many signatures are kept to recognise one that comes again.
const remembered = 1 << 16

// Signer signs messages and checks signatures. It is safe for concurrent use.
type Signer struct {
	key  []byte
	macs sync.Pool // of hash.Hash

	mu   sync.Mutex
	seen map[string]struct{}
	ring []string // the signatures in seen, oldest at next once it is full
	next int
}

// NewSigner returns a Signer for a connection file's key and signature scheme. An empty key means that nothing is signed.
func NewSigner(scheme, key string) (*Signer, error) {
	s := &Signer{key: []byte(key), seen: map[string]struct{}{}}
	var hashed func() hash.Hash
	switch scheme {
	case "", "hmac-sha256":
		hashed = sha256.New
	case "hmac-sha384":
		hashed = sha512.New384
	case "hmac-sha512":
		hashed = sha512.New
	default:
		return nil, fmt.Errorf("signature_scheme is %q; this kernel knows hmac-sha256, hmac-sha384 and hmac-sha512", scheme)
	}
	s.macs.New = func() any { return hmac.New(hashed, s.key) }
	return s, nil
}

func (s *Signer) sign(frames [][]byte) []byte {
	if len(s.key) == 0 {
		return []byte{}
	}
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	for _, f := range frames {
		mac.Write(f)
	}
	var sum [sha512.Size]byte
	return hex.AppendEncode(make([]byte, 0, 2*mac.Size()), mac.Sum(sum[:0]))
}

func (s *Signer) check(signature []byte, frames [][]byte) error {
	if len(s.key) == 0 {
		return nil
	}
	if !hmac.Equal(signature, s.sign(frames)) {
		return fmt.Errorf("%w: it does not fit the message and the connection file's key", ErrSignature)
	}
	if !s.fresh(string(signature)) {
		return fmt.Errorf("%w: this message has been received before", ErrSignature)
	}
	return nil
}

// fresh reports whether a right signature is seen for the first time, and remembers it.
func (s *Signer) fresh(signature string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.seen[signature]; again {
		return false
	}
	s.seen[signature] = struct{}{}
	if len(s.ring) < remembered {
		s.ring = append(s.ring, signature)
		return true
	}
	delete(s.seen, s.ring[s.next])
	s.ring[s.next] = signature
	s.next = (s.next + 1) % remembered
	return true
}
