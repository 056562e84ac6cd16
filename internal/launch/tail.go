package launch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// tailStep is how often it is looked whether a log has grown.
const tailStep = 100 * time.Millisecond

// tailMost is how much of a log's end is looked through for its last lines.
const tailMost = 1 << 20

// Tail writes a file's last lines and, with follow, what is added to it until ctx ends.
func Tail(ctx context.Context, w io.Writer, path string, lines int, follow bool) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read a log: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.Seek(max(0, info.Size()-tailMost), io.SeekStart); err != nil {
		return err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if _, err := w.Write(lastLines(text, lines)); err != nil {
		return err
	}
	for follow {
		select {
		case <-time.After(tailStep):
		case <-ctx.Done():
			return nil
		}
		if _, err := io.Copy(w, f); err != nil {
			return err
		}
	}
	return nil
}

// lastLines is the end of a text.
func lastLines(text []byte, n int) []byte {
	if n <= 0 {
		return nil
	}
	at := len(bytes.TrimSuffix(text, []byte("\n")))
	for ; n > 0 && at >= 0; n-- {
		at = bytes.LastIndexByte(text[:at], '\n')
	}
	return text[at+1:]
}
