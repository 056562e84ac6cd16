package machines

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/internal/invite"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/views"
)

// capture is what passes a network interface, as anybody on the way would see it.
type capture struct {
	fd    int
	ended chan struct{}

	mu     sync.Mutex
	frames [][]byte
}

// listenOn captures all that passes the interface with an address.
func listenOn(t *testing.T, addr string) *capture {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(bigEndian(unix.ETH_P_ALL)))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 256<<20),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL), Ifindex: interfaceOf(t, addr)}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := &capture{fd: fd, ended: make(chan struct{})}
	stop := make(chan struct{})
	go func() {
		defer close(c.ended)
		c.read(stop)
	}()
	t.Cleanup(func() {
		close(stop)
		<-c.ended
		_ = unix.Close(fd)
	})
	return c
}

func bigEndian(x uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, x))
}

func interfaceOf(t *testing.T, addr string) int {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range addrs {
			if strings.HasPrefix(a.String(), addr+"/") {
				return i.Index
			}
		}
	}
	t.Fatalf("no interface has %s", addr)
	return 0
}

func (c *capture) read(stop chan struct{}) {
	frame := make([]byte, 1<<17)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, _, err := unix.Recvfrom(c.fd, frame, 0)
		if err != nil {
			continue // nothing came for a while
		}
		c.mu.Lock()
		c.frames = append(c.frames, bytes.Clone(frame[:n]))
		c.mu.Unlock()
	}
}

// has reports whether some bytes have passed.
func (c *capture) has(what []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.frames {
		if bytes.Contains(f, what) {
			return true
		}
	}
	return false
}

// streams returns how each direction of each TCP connection to a port began, how many bytes it has carried, and all of them together.
func (c *capture) streams(port uint16) (first map[string][]byte, size map[string]int, total int) {
	const ethernet = 14
	first, size = map[string][]byte{}, map[string]int{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.frames {
		if len(f) < ethernet+20 || binary.BigEndian.Uint16(f[12:]) != unix.ETH_P_IP || f[ethernet+9] != unix.IPPROTO_TCP {
			continue
		}
		ip := f[ethernet:]
		length := int(binary.BigEndian.Uint16(ip[2:]))
		if length == 0 { // a large one that the card would cut
			length = len(ip)
		}
		tcp := ip[int(ip[0]&15)*4 : length]
		from, to, data := binary.BigEndian.Uint16(tcp), binary.BigEndian.Uint16(tcp[2:]), tcp[int(tcp[12]>>4)*4:]
		if from != port && to != port || len(data) == 0 {
			continue
		}
		key := fmt.Sprintf("%v:%d > %v:%d", net.IP(ip[12:16]), from, net.IP(ip[16:20]), to)
		total += len(data)
		if size[key] += len(data); first[key] == nil {
			first[key] = data[:min(len(data), 8)]
		}
	}
	return first, size, total
}

// What must not be read on the way.
const (
	inTheCode    = "ISAACASIMOVINTHECODE"
	inTheData    = "STANISLAWLEMINTHEDATA"
	inTheResult  = "URSULALEGUININTHERESULT"
	inTheOutput  = "JAMESTIPTREEINTHEOUTPUT"
	inThePush    = "OCTAVIABUTLERINTHEPUSH"
	inTheMessage = "MARYSHELLEYINTHEERROR"
)

func tellTales(s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf("nothing in: %s, %s", strings.ToUpper("maryshelley")+"INTHEERROR", "ISAACASIMOVINTHECODE")
	}
	fmt.Println(strings.ToUpper("jamestiptree") + "INTHEOUTPUT")
	program, err := os.Executable()
	return strings.ToUpper("ursulaleguin") + "INTHERESULT " + s + " " + program, err
}

// TestNothingButTLSLeavesTheMachine joins a host by an invitation, works on it, and looks what somebody on the way has seen: no token, code, data, result or
// output, and nothing on the controller's port that does not begin as TLS does.
func TestNothingButTLSLeavesTheMachine(t *testing.T) {
	l := hosttest.New(t, "alpha")
	profile(t, l, "[controller]\nip = \""+l.Addr+"\"\n")
	seen := listenOn(t, l.Addr)
	lab.Begin(t, nil, "gocontroller", "--profile=lab").Says("listens on")
	said := lab.Must(t, "invite", "--profile=lab")
	line := regexp.MustCompile(`goengine --join (gcjoin1\w+)`).FindStringSubmatch(said)
	if line == nil {
		t.Fatalf("invite says %q", said)
	}
	token, err := invite.Parse(line[1])
	if err != nil {
		t.Fatal(err)
	}
	joinByHand(t, l.Host("alpha"), line[1])
	rc := lab.Connect(t, nil)
	if err := rc.WaitForEngines(lab.Patient(t), 2); err != nil {
		t.Fatalf("%v; the engine host says %s", err, l.Host("alpha").Sh("cat /home/lab/log"))
	}
	push(t, rc)
	port := netip.MustParseAddrPort(token.Addrs[0]).Port()
	for late := time.Now().Add(lab.Patience); !strings.Contains(work(t, rc), "/programs/"); { // interpreted, until the program is compiled and sent
		if time.Now().After(late) {
			t.Fatal("no program was sent")
		}
	}

	// What is sent in plain text is seen: the capture is one.
	const plain = "A MESSAGE IN A BOTTLE"
	c, err := net.Dial("udp", net.JoinHostPort(l.Host("alpha").Addr, "9"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for late := time.Now().Add(lab.Patience); !seen.has([]byte(plain)); {
		if time.Now().After(late) {
			t.Fatal("the capture does not see plain text")
		}
		_, _ = io.WriteString(c, plain)
		<-time.After(10 * time.Millisecond)
	}
	for name, what := range map[string]string{
		"the token": line[1][20:60], "the secret": string(token.Secret[:]), "the secret, encoded": base64.StdEncoding.EncodeToString(token.Secret[:15]),
		"code": inTheCode, "data": inTheData, "results": inTheResult, "output": inTheOutput, "pushed values": inThePush, "errors": inTheMessage,
		"programs": "\xff Go buildinf:", "a private key": "PRIVATE KEY", "requests to join": `"csr"`,
	} {
		if seen.has([]byte(what)) {
			t.Errorf("%s can be read on the way", name)
		}
	}
	first, size, total := seen.streams(port)
	for key, begin := range first {
		if len(begin) < 3 || begin[0] != 0x16 || begin[1] != 3 { // a handshake of TLS
			t.Errorf("%s, of %d bytes, begins with %x", key, size[key], begin)
		}
	}
	if len(first) < 6 || total < 2<<20 {
		t.Errorf("%d streams with %d bytes were seen: not all", len(first), total)
	}
	t.Logf("%d streams to the controller's port, %d bytes", len(first), total)
}

// joinByHand has a host join as its user would.
func joinByHand(t *testing.T, h *hosttest.Host, token string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.Home, "goengine"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	h.User("cd && " + role.Env + "=" + lab.Role + " setsid ./goengine goengine --join=" + token + " --n=2 > log 2>&1 < /dev/null &")
}

// push has a large value travel.
func push(t *testing.T, rc *client.Client) {
	t.Helper()
	const n = 100_000
	if err := rc.All().Push(map[string]any{"large": strings.Repeat(inThePush, n)}); err != nil {
		t.Fatal(err)
	}
	if got, err := rc.All().Pull("len(large)"); err != nil || fmt.Sprint(got) != fmt.Sprint([]int{len(inThePush) * n, len(inThePush) * n}) {
		t.Errorf("pulled %v, %v", got, err)
	}
}

// work has a function, elements, results, output and an error travel. It returns one of the results.
func work(t *testing.T, rc *client.Client) string {
	t.Helper()
	view := rc.LoadBalanced()
	words := make([]string, 1000)
	for i := range words {
		words[i] = fmt.Sprint(inTheData, i)
	}
	r := views.TryMap(view, tellTales, words)
	got, err := r.Get()
	if err != nil || !strings.HasPrefix(got[7], inTheResult+" "+inTheData+"7 ") || !strings.Contains(r.Result.Stdout(), inTheOutput) {
		t.Fatalf("got %v, %q", err, r.Result.Stdout())
	}
	if _, err := views.TryMap(view, tellTales, []string{""}).Get(); err == nil || !strings.Contains(err.Error(), inTheMessage) {
		t.Errorf("got %v", err)
	}
	return got[len(got)-1]
}
