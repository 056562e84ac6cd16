package magic

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode"
)

const (
	// maxFiles is how many file names are offered, maxEntries how many of a directory are looked at.
	maxFiles, maxEntries = 200, 20_000
)

// fileNames completes a file's name that ends at the cursor. Names that begin with a dot are only offered to who writes the dot.
func fileNames(dir, partial string, cursor int) gocode.Completion {
	base := partial[strings.LastIndexAny(partial, separators)+1:]
	c := gocode.Completion{Start: cursor - len(base), End: cursor}
	for _, e := range entriesOf(dir, partial[:len(partial)-len(base)]) {
		if !strings.HasPrefix(e.Name(), base) || strings.HasPrefix(e.Name(), ".") && base == "" {
			continue
		}
		it := gocode.Item{Text: e.Name(), Kind: kindPath, Signature: "file"}
		if isDir(dir, partial, base, e) {
			it.Text, it.Signature = it.Text+"/", "directory"
		}
		c.Items = append(c.Items, it)
	}
	slices.SortFunc(c.Items, func(a, b gocode.Item) int { return strings.Compare(a.Text, b.Text) })
	c.Items = c.Items[:min(len(c.Items), maxFiles)]
	return c
}

// separators are what paths are written with: both on Windows, where cells use them alike.
const separators = "/" + string(filepath.Separator)

// folder is the directory that a path's beginning means.
func folder(dir, head string) string {
	if rest, home := strings.CutPrefix(head, "~/"); home {
		if at, err := os.UserHomeDir(); err == nil {
			return filepath.Join(at, rest)
		}
	}
	if filepath.IsAbs(head) {
		return head
	}
	return filepath.Join(dir, head)
}

// entriesOf reads a directory; of one that cannot be read there is nothing to offer.
func entriesOf(dir, head string) []os.DirEntry {
	f, err := os.Open(folder(dir, head))
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(maxEntries) // what was read before an error is good
	return entries
}

func isDir(dir, partial, base string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.IsDir()
	}
	at, err := os.Stat(filepath.Join(folder(dir, partial[:len(partial)-len(base)]), e.Name()))
	return err == nil && at.IsDir()
}
