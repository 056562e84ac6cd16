package invite

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

func token(cluster string, addrs ...string) *Token {
	t := &Token{ID: "7k3mq0ve", Cluster: cluster, Addrs: addrs, Expires: time.Unix(1_800_000_000, 0)}
	for i := range t.Secret {
		t.Secret[i] = byte(i * 17)
	}
	for i := range t.Pin {
		t.Pin[i] = byte(200 - i)
	}
	return t
}

func TestATokenIsOneWordThatSaysItAll(t *testing.T) {
	for _, want := range []*Token{
		token("lab-1a2b3c4d", "10.0.0.1:7123"),
		token("default-00000000", "192.168.1.7:40001", "[fd00::17]:40001", "head.lab.example.org:40001", "127.0.0.1:40001"),
		token(strings.Repeat("x", 100), strings.Repeat("y", 253)+":1"),
	} {
		text := want.String()
		if strings.Trim(text, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%s is not a word of letters and digits", text)
		}
		got, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestATokenSurvivesHowPeoplePassItOn(t *testing.T) {
	want := token("lab-1a2b3c4d", "10.0.0.1:7123")
	text := want.String()
	for name, altered := range map[string]string{
		"wrapped by a terminal": text[:70] + "\n" + text[70:140] + "\r\n  " + text[140:] + "\n",
		"in capitals":           strings.ToUpper(text),
		"look-alikes":           prefix + strings.NewReplacer("0", "O", "1", "l").Replace(text[len(prefix):]),
	} {
		if got, err := Parse(altered); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestWhatIsNoToken(t *testing.T) {
	text := token("lab", "10.0.0.1:7123").String()
	for _, c := range []struct{ text, says string }{
		{"", "it is empty"},
		{"hello", "`gocluster invite` prints one, which begins with gcjoin1"},
		{"gcjoin2" + text[len(prefix):], "use the same version of gocluster on both sides"},
		{text[:60], "mistyped or not all of it (60 letters)"},
		{text + "u", "mistyped"},
		{prefix, "mistyped"},
		{"goengine --join " + text, "begins with gcjoin1"},
	} {
		_, err := Parse(c.text)
		if !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want ...%s...", c.text, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), text[20:60]) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

// Every token with one wrong letter, one letter missing, one too many, or two swapped is told as such.
func TestTyposAreNoticed(t *testing.T) {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	text := token("lab-1a2b3c4d", "10.0.0.1:7123", "head:7123").String()
	wrong := func(what, altered string) {
		if altered == text {
			return
		}
		if _, err := Parse(altered); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %s is taken for %s", what, altered, text)
		}
	}
	for i := len(prefix); i < len(text); i++ {
		for _, c := range alphabet {
			wrong("a wrong letter", text[:i]+string(c)+text[i+1:])
		}
		wrong("a letter missing", text[:i]+text[i+1:])
		wrong("a letter twice", text[:i]+text[i:i+1]+text[i:])
		if i+1 < len(text) {
			wrong("letters swapped", text[:i]+text[i+1:i+2]+text[i:i+1]+text[i+2:])
		}
		wrong("cut", text[:i])
	}
}

func FuzzParse(f *testing.F) {
	f.Add(token("lab", "10.0.0.1:7123").String())
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := make([]byte, r.IntN(200))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(prefix + letters.EncodeToString(b))
	}
	f.Fuzz(func(t *testing.T, text string) {
		tok, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(tok.String()); err != nil || !reflect.DeepEqual(again, tok) {
			t.Errorf("%q is %+v, and again %+v, %v", text, tok, again, err)
		}
	})
}
