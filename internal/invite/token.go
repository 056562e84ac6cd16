package invite

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gocluster/gocluster/profiles"
)

// ErrToken is wrapped by the errors about texts that are no token.
var ErrToken = errors.New("not an invitation")

// ID names an invitation, for people: it is no secret.
type ID string

// Token is an invitation as its guest has it.
type Token struct {
	ID     ID
	Secret [secretSize]byte
	// Pin is the hash of the controller's public key.
	Pin     [pinSize]byte
	Expires time.Time
	Cluster string
	// Addrs are the controller's addresses, host:port, to be tried in order.
	Addrs []string
}

const (
	idSize     = 5 // eight letters
	secretSize = 16
	pinSize    = 32
)

// prefix begins every token; its last letter is the version of what follows.
const prefix = profiles.InvitationPrefix + "1"

// letters are lower-case ones and digits without those that are mistaken for others: a token survives being read out, and is one word
// to whoever double-clicks it.
var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// lookalikes are taken for the letters that were meant.
var lookalikes = strings.NewReplacer("o", "0", "i", "1", "l", "1")

// The kinds of address in a token.
const (
	addrName = iota
	addrIP
)

// String is the text of the token: one word.
func (t *Token) String() string {
	id, err := letters.DecodeString(string(t.ID))
	if err != nil || len(id) != idSize {
		panic(fmt.Sprintf("invite: the id %q was not made here", t.ID))
	}
	b := append(append(append([]byte{}, id...), t.Secret[:]...), t.Pin[:]...)
	b = binary.AppendUvarint(b, uint64(max(t.Expires.Unix(), 0)))
	b = appendText(b, t.Cluster)
	b = append(b, byte(len(t.Addrs)))
	for _, a := range t.Addrs {
		b = appendAddr(b, a)
	}
	return prefix + letters.EncodeToString(binary.BigEndian.AppendUint32(b, checksum(b)))
}

// checksum finds what was mistyped; it is no protection against anybody.
func checksum(b []byte) uint32 { return crc32.ChecksumIEEE(append([]byte(prefix), b...)) }

func appendText(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }

func appendAddr(b []byte, addr string) []byte {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.ParseUint(port, 10, 16) // a listener's
	if ip, err := netip.ParseAddr(host); err == nil && ip.Zone() == "" {
		b = appendText(append(b, addrIP), string(ip.AsSlice()))
	} else {
		b = appendText(append(b, addrName), host)
	}
	return binary.BigEndian.AppendUint16(b, uint16(n))
}

// Parse reads a token's text. Blanks and line breaks in it are passed over: terminals and mail break long words.
func Parse(text string) (*Token, error) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	body, ok := strings.CutPrefix(text, prefix)
	switch {
	case text == "":
		return nil, fmt.Errorf("%w: it is empty", ErrToken)
	case !ok && strings.HasPrefix(text, profiles.InvitationPrefix):
		return nil, fmt.Errorf("%w of this version: %s; use the same version of gocluster on both sides", ErrToken, glimpse(text))
	case !ok:
		return nil, fmt.Errorf("%w: %s; `gocluster invite` prints one, which begins with %s", ErrToken, glimpse(text), prefix)
	}
	body = lookalikes.Replace(body)
	b, err := letters.DecodeString(body)
	if err != nil || len(b) < crc32.Size || letters.EncodeToString(b) != body { // the last letter has bits to spare
		return nil, mistyped(text)
	}
	b, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	if checksum(b) != binary.BigEndian.Uint32(sum) {
		return nil, mistyped(text)
	}
	r := reader{b: b}
	t := r.token()
	if r.failed || len(r.b) > 0 || t.Cluster == "" || len(t.Addrs) == 0 {
		return nil, mistyped(text)
	}
	return t, nil
}

func mistyped(text string) error {
	return fmt.Errorf("%w: %s is mistyped or not all of it (%d letters): copy the whole line again", ErrToken, glimpse(text), len(text))
}

// glimpse is enough of a text to recognize it, and too little to use it.
func glimpse(text string) string {
	const most = 12
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strconv.Quote(text)
}

// reader takes a token apart; once it has failed, what it returns means nothing.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed = r.failed || n < 0 || n > len(r.b); r.failed {
		return make([]byte, max(n, 0))
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) text() string { return string(r.take(int(r.take(1)[0]))) }

func (r *reader) token() *Token {
	t := &Token{ID: ID(letters.EncodeToString(r.take(idSize)))}
	copy(t.Secret[:], r.take(secretSize))
	copy(t.Pin[:], r.take(pinSize))
	seconds, n := binary.Uvarint(r.b)
	r.take(n)
	r.failed = r.failed || n <= 0
	t.Expires = time.Unix(int64(seconds), 0)
	t.Cluster = r.text()
	for range int(r.take(1)[0]) {
		t.Addrs = append(t.Addrs, r.addr())
	}
	return t
}

func (r *reader) addr() string {
	kind, host := r.take(1)[0], r.text()
	port := strconv.Itoa(int(binary.BigEndian.Uint16(r.take(2))))
	if kind == addrIP {
		ip, ok := netip.AddrFromSlice([]byte(host))
		r.failed = r.failed || !ok
		host = ip.String()
	}
	return net.JoinHostPort(host, port)
}
