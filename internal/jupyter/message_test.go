package jupyter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func signer(t testing.TB, key string) *Signer {
	t.Helper()
	s, err := NewSigner("hmac-sha256", key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func message(t testing.TB, msgType string, content any) *Message {
	t.Helper()
	m, err := NewAuthor().New(msgType, nil, content)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMessageComesBackAsItWas(t *testing.T) {
	for _, key := range []string{"secret", ""} {
		request := message(t, "comm_msg", map[string]string{"html": "<b>&"})
		request.Buffers = [][]byte{{0, 1}, {}}
		request.Parent = json.RawMessage(`{"msg_id":"p"}`)
		frames := signer(t, key).Encode(request, []byte{7}, []byte{8})
		ids, got, err := signer(t, key).Decode(frames)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) != 2 || ids[1][0] != 8 {
			t.Errorf("ids are %v", ids)
		}
		if got.Header != request.Header {
			t.Errorf("header is %+v, want %+v", got.Header, request.Header)
		}
		if want := `{"html":"<b>&"}`; string(got.Content) != want {
			t.Errorf("content is %s, want %s", got.Content, want)
		}
		if string(got.Parent) != `{"msg_id":"p"}` || string(got.Metadata) != "{}" || len(got.Buffers) != 2 {
			t.Errorf("parent %s, metadata %s, %d buffers", got.Parent, got.Metadata, len(got.Buffers))
		}
	}
}

func TestAHeaderIsJSON(t *testing.T) {
	for _, h := range []Header{
		{MsgID: "1", Session: "s", Username: "u", Date: "2026-01-02T03:04:05.000006Z", Type: "status", Version: Version},
		{MsgID: "1", Type: "x_request", Subshell: "a-subshell"},
		{MsgID: `"\`, Session: "a\nb\x00", Username: "Jürgen\u2028", Type: "x\xff"},
	} {
		want, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.encode(); string(got) != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The signature is what jupyter_client's Session makes of the same key and frames.
func TestSignatureIsJupyters(t *testing.T) {
	got := signer(t, "a-key").sign([][]byte{[]byte(`{"msg_id":"1"}`), []byte("{}"), []byte("{}"), []byte(`{"code":"1"}`)})
	if want := "9d847d962ea04190ab6d5b94948a2070469cc4c9d6fb0951f79ff735082e874c"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAReplyHasTheRequestsHeaderAsItWas(t *testing.T) {
	a := NewAuthor()
	request := &Message{RawHeader: json.RawMessage(`{"msg_id":"1","new_key":[1, 2]}`)}
	reply, err := a.New("x_reply", request, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(reply.Parent) != string(request.RawHeader) {
		t.Errorf("parent header is %s, want %s", reply.Parent, request.RawHeader)
	}
	other, err := a.New("x_reply", request, nil)
	if err != nil {
		t.Fatal(err)
	}
	if reply.Header.Session != other.Header.Session || reply.Header.MsgID == other.Header.MsgID {
		t.Errorf("headers %+v and %+v: want one session and two ids", reply.Header, other.Header)
	}
	date, err := time.Parse("2006-01-02T15:04:05.000000Z07:00", reply.Header.Date)
	if d := time.Since(date); err != nil || d < 0 || d > time.Minute {
		t.Errorf("the date %s is %v ago, %v", reply.Header.Date, d, err)
	}
}

func TestFramesThatAreNoMessage(t *testing.T) {
	const key = "secret"
	good := func() [][]byte { return signer(t, key).Encode(message(t, "kernel_info_request", nil)) }
	// resign signs frames that have been tampered with by someone who has the key.
	resign := func(frames [][]byte) [][]byte {
		frames[1] = signer(t, key).sign(frames[2:6])
		return frames
	}
	for _, tt := range []struct {
		name   string
		frames [][]byte
		want   error
		says   string
	}{
		{"none", nil, ErrMalformed, "no <IDS|MSG> among its 0 frames"},
		{"garbage", [][]byte{{0xff}, {0}}, ErrMalformed, "no <IDS|MSG> among its 2 frames"},
		{"only a delimiter", good()[:1], ErrMalformed, "0 frames after the delimiter, want at least 5"},
		{"too few", good()[:5], ErrMalformed, "4 frames"},
		{"no signature", func() [][]byte { f := good(); f[1] = nil; return f }(), ErrSignature, "does not fit"},
		{"another key", signer(t, "other").Encode(message(t, "x_request", nil)), ErrSignature, "does not fit"},
		{"changed content", func() [][]byte { f := good(); f[5] = []byte(`{"code":"x"}`); return f }(), ErrSignature, "does not fit"},
		{"content is no object", resign(func() [][]byte { f := good(); f[5] = []byte(`[1]`); return f }()), ErrMalformed, "its content is not a JSON object"},
		{"header is no JSON", resign(func() [][]byte { f := good(); f[2] = []byte(`{"msg_id"`); return f }()), ErrMalformed, "its header is not a JSON object"},
		{"header of wrong types", resign(func() [][]byte { f := good(); f[2] = []byte(`{"msg_id":1}`); return f }()), ErrMalformed, "header: "},
		{"no type", resign(func() [][]byte { f := good(); f[2] = []byte(`{"msg_id":"1"}`); return f }()), ErrMalformed, "no msg_type or no msg_id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := signer(t, key).Decode(tt.frames)
			if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("got %v, want %v with %q", err, tt.want, tt.says)
			}
		})
	}
}

func TestASignatureIsGoodOnce(t *testing.T) {
	s := signer(t, "secret")
	frames := s.Encode(message(t, "x_request", nil))
	if _, _, err := s.Decode(frames); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Decode(frames); !errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), "received before") {
		t.Errorf("sent again: got %v, want %v", err, ErrSignature)
	}
}

func TestRememberedSignaturesAreBounded(t *testing.T) {
	s := signer(t, "secret")
	for i := range remembered + 10 {
		if !s.fresh(fmt.Sprint(i)) {
			t.Fatalf("%d is not fresh", i)
		}
	}
	if len(s.seen) != remembered {
		t.Errorf("%d are remembered, want %d", len(s.seen), remembered)
	}
	if s.fresh(fmt.Sprint(remembered + 9)) {
		t.Error("the last one has been forgotten")
	}
}

func TestReadConnection(t *testing.T) {
	const good = `{"transport":"tcp","ip":"127.0.0.1","shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5,"key":"k","signature_scheme":"hmac-sha256","kernel_name":"go","jupyter_session":"x"}`
	for _, tt := range []struct{ old, new, want string }{
		{"", "", ""},
		{`"tcp"`, `"ipc"`, ""},
		{`"tcp"`, `"udp"`, `transport is "udp"; want tcp or ipc`},
		{"hmac-sha256", "hmac-md5", `signature_scheme is "hmac-md5"`},
		{`"hb_port":5`, `"hb_port":0`, "hb_port is 0; want a port"},
		{`"hb_port":5`, `"hb_port":70000`, "hb_port is 70000"},
		{`"hb_port":5`, `"hb_port":1`, "hb_port and shell_port are both 1"},
		{`{"transport"`, `{"transport`, "invalid character"},
	} {
		file := filepath.Join(t.TempDir(), "kernel.json")
		if err := os.WriteFile(file, []byte(strings.Replace(good, tt.old, tt.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadConnection(file)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file)) {
			t.Errorf("%s: got %v, want %q", tt.new, err, tt.want)
		}
	}
	if _, err := ReadConnection("/no/such/file"); err == nil || !strings.Contains(err.Error(), "jupyter console") {
		t.Errorf("no file: got %v", err)
	}
}

func TestTheLogIsBounded(t *testing.T) {
	var l Limiter
	begin := time.Now()
	logged, skipped := 0, 0
	for i := range 10_000 {
		n, ok := l.admit(begin.Add(time.Duration(i) * 2 * time.Millisecond)) // 20 s
		skipped += n
		if ok {
			logged++
		}
	}
	if logged != 2*burst || skipped != 5000-burst {
		t.Errorf("%d lines logged, %d told to be skipped; want %d, %d", logged, skipped, 2*burst, 5000-burst)
	}
}

// Whatever the frames are, decoding them ends with a message or an error that says what is wrong with them.
func FuzzDecode(f *testing.F) {
	frames := signer(f, "").Encode(message(f, "execute_request", map[string]any{"code": "1", "silent": false}))
	sep := []byte{0, 0xff, 0}
	f.Add(bytes.Join(frames, sep), false)
	f.Add(bytes.Join(append([][]byte{{1}, {2, 3}}, frames...), sep), true)
	f.Add(bytes.Join(frames[:4], sep), true)
	f.Add(bytes.Join(append(slices.Clone(frames), []byte("a buffer"), nil), sep), false)
	for _, header := range []string{`{"msg_id":1}`, `{"msg_id":"\xff","msg_type":"\xed\xa0\x80"}`, `[]`, ` {"msg_type":"x"}`, strings.Repeat(`{"a":`, 20_000), ""} {
		bad := slices.Clone(frames)
		bad[2] = []byte(header)
		f.Add(bytes.Join(bad, sep), false)
		f.Add(bytes.Join(bad, sep), true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, resign bool) {
		s := signer(t, "key")
		frames := bytes.Split(raw, sep)
		if at := slices.IndexFunc(frames, func(b []byte) bool { return bytes.Equal(b, delimiter) }); resign && at >= 0 && len(frames) >= at+6 {
			frames[at+1] = s.sign(frames[at+2 : at+6])
		}
		_, m, err := s.Decode(frames)
		switch {
		case err == nil && (m.Header.MsgID == "" || m.Header.Type == "" || !json.Valid(m.Content)):
			t.Errorf("accepted %q", frames)
		case err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrSignature):
			t.Errorf("error %v", err)
		case err != nil && len(err.Error()) > 1500:
			t.Errorf("an error of %d bytes", len(err.Error()))
		case err == nil:
			if _, _, err := s.Decode(frames); !errors.Is(err, ErrSignature) {
				t.Errorf("accepted twice: %v", err)
			}
		}
	})
}
