package command

import (
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/prompt/prompttest"
)

// On a terminal, what is watched changes in its place, whether it gets longer or shorter.
func TestWhatIsWatchedStaysInItsPlace(t *testing.T) {
	master, slave := openTerminal(t, 20)
	defer master.Close()
	defer slave.Close()
	seen := prompttest.New(20, 24)
	s := screen{out: slave}
	buf := make([]byte, 1<<12)
	for _, c := range []struct{ text, want string }{
		{"HOST   LOAD\nalpha  0.1", "HOST   LOAD\nalpha  0.1"},
		{"HOST   LOAD\nalpha  0.2\nbeta   1.0", "HOST   LOAD\nalpha  0.2\nbeta   1.0"},
		{"HOST   LOAD\nbeta   1.1", "HOST   LOAD\nbeta   1.1"},
		{"a line that is wider than the window", "a line that is wider"},
	} {
		s.show(c.text + "\nEND")
		for {
			n, err := master.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			if _, _ = seen.Write(buf[:n]); strings.HasSuffix(string(buf[:n]), "END\r\n") {
				break
			}
		}
		if got := strings.TrimRight(seen.String(), "\n "); got != c.want+"\nEND" {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}
