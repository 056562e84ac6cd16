package parcel

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// tree makes files below a new folder: their contents by their names; "-> x" is a link to x, and a name with a slash at its end a folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	grow(t, dir, files)
	return dir
}

func grow(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch link, ok := strings.CutPrefix(text, "-> "); {
		case err != nil:
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		case ok:
			err = os.Symlink(link, path)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// shows lists what is below a folder, as tree takes it, with permissions that are not the usual ones.
func shows(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line, _ := filepath.Rel(dir, path)
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			link, _ := os.Readlink(path)
			line += " -> " + link
		case d.IsDir():
			line += "/"
		default:
			text, _ := os.ReadFile(path)
			line += " = " + string(text)
		}
		if p := info.Mode().Perm(); p != 0o644 && p != 0o755 && p != 0o777 {
			line += fmt.Sprintf(" %o", p)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// bring packs, cuts, and unpacks elsewhere.
func bring(t *testing.T, from, to string) (Receipt, Parts, error) {
	t.Helper()
	kept := map[proto.Hash][]byte{}
	var parts Parts
	_, err := Cut(from, func(h proto.Hash, data []byte) error {
		kept[h] = bytes.Clone(data)
		parts = append(parts, h)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Unpack(Reader(parts, func(h proto.Hash) ([]byte, error) { return kept[h], nil }), to)
	return r, parts, err
}

func TestWhatIsUnpackedIsWhatWasPacked(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions and links are others there")
	}
	random := make([]byte, 3*PartBytes+17)
	rand.NewChaCha8([32]byte{}).Read(random)
	for name, c := range map[string]struct {
		from, there map[string]string
		what, to    string
		want        string
		err         string
	}{
		"a file":                        {map[string]string{"f": "text"}, nil, "f", "g", "g = text", ""},
		"a file into folders":           {map[string]string{"f": "text"}, nil, "f", "a/b/f", "a/\na/b/\na/b/f = text", ""},
		"a file for another":            {map[string]string{"f": "new"}, map[string]string{"f": "old"}, "f", "f", "f = new", ""},
		"a folder":                      {map[string]string{"d/x": "1", "d/s/y": "2", "d/l": "-> s/y", "d/out": "-> /etc/passwd", "d/empty/": ""}, nil, "d", "e", "e/\ne/empty/\ne/l -> s/y\ne/out -> /etc/passwd\ne/s/\ne/s/y = 2\ne/x = 1", ""},
		"a folder to one":               {map[string]string{"d/x": "1", "d/s/y": "2"}, map[string]string{"d/x": "0", "d/z": "9", "d/s/w": "8"}, "d", "d", "d/\nd/s/\nd/s/w = 8\nd/s/y = 2\nd/x = 1\nd/z = 9", ""},
		"many parts":                    {map[string]string{"f": fmt.Sprintf("%x", random)}, nil, "f", "f", fmt.Sprintf("f = %x", random), ""},
		"a file where a folder is":      {map[string]string{"f": "text"}, map[string]string{"d/x": "0"}, "f", "d", "d/\nd/x = 0", "is a folder: end it with a slash"},
		"a folder where a file is":      {map[string]string{"d/x": "1"}, map[string]string{"d": "0"}, "d", "d", "d = 0", "is a file, and a folder cannot take its place"},
		"such inside":                   {map[string]string{"d/x/y": "1", "d/a": "2"}, map[string]string{"d/x": "0"}, "d", "d", "d/\nd/x = 0", "is a file, and a folder cannot take its place"},
		"a folder where a link is":      {map[string]string{"d/x/y": "1"}, map[string]string{"d/x": "-> /tmp"}, "d", "d", "d/\nd/x -> /tmp", "is a link, and a folder cannot take its place"},
		"a place inside of a file":      {map[string]string{"f": "1"}, map[string]string{"g": "0"}, "f", "g/f", "g = 0", "not a directory"},
		"a link in the place of a file": {map[string]string{"d/x": "-> y"}, map[string]string{"d/x": "0"}, "d", "d", "d/\nd/x -> y", ""},
	} {
		t.Run(name, func(t *testing.T) {
			from, there := tree(t, c.from), tree(t, c.there)
			_, _, err := bring(t, filepath.Join(from, c.what), filepath.Join(there, c.to))
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("the error is %v, want %q", err, c.err)
			}
			if got := shows(t, there); got != c.want {
				t.Errorf("there is\n%.200s\nwant\n%.200s", got, c.want)
			}
		})
	}
}

func TestPermissionsAndTimesStay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are others there")
	}
	from, there := tree(t, map[string]string{"d/run": "1", "d/secret": "2", "d/closed/x": "3"}), t.TempDir()
	at := time.Unix(1_000_000_000, 0)
	for name, mode := range map[string]fs.FileMode{"d/run": 0o750, "d/secret": 0o400, "d/closed": 0o555, "d": 0o500} {
		if err := os.Chmod(filepath.Join(from, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(from, "d/run"), at, at); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time over what cannot be written to
		if _, _, err := bring(t, filepath.Join(from, "d"), filepath.Join(there, "d")); err != nil && os.Getuid() == 0 {
			t.Fatal(err)
		}
		if got := shows(t, there); got != "d/ 500\nd/closed/ 555\nd/closed/x = 3\nd/run = 1 750\nd/secret = 2 400" {
			t.Errorf("there is\n%s", got)
		}
	}
	if info, err := os.Stat(filepath.Join(there, "d/run")); err != nil || !info.ModTime().Equal(at) {
		t.Errorf("the time is %v, %v", info.ModTime(), err)
	}
	for _, dir := range []string{from, there} { // so that they can be removed
		for _, name := range []string{"d", "d/closed"} {
			_ = os.Chmod(filepath.Join(dir, name), 0o755)
		}
	}
}

// TestNoNameLeavesThePlace has archives that Pack does not make.
func TestNoNameLeavesThePlace(t *testing.T) {
	file := func(name string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}
	}
	link := func(name, to string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
	}
	top := tar.Header{Name: "put/", Typeflag: tar.TypeDir, Mode: 0o755}
	for name, headers := range map[string][]tar.Header{
		"a parent":          {top, file("put/../../evil")},
		"the root":          {file("/evil")},
		"another name":      {file("evil")},
		"through a link":    {top, link("put/l", ".."), file("put/l/../evil")},
		"through links":     {top, link("put/l", "../.."), file("put/l/evil")},
		"an absolute link":  {top, link("put/l", "/tmp"), file("put/l/evil")},
		"a device":          {top, {Name: "put/dev", Typeflag: tar.TypeChar}},
		"a hard link":       {top, {Name: "put/h", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}},
		"nothing":           {},
		"a name with a dot": {top, file("put/./x")},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w := tar.NewWriter(&b)
			for _, h := range headers {
				if err := w.WriteHeader(&h); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			dir := tree(t, map[string]string{"a/b/": ""})
			if _, err := Unpack(&b, filepath.Join(dir, "a/b/to")); err == nil {
				t.Error("it is unpacked")
			}
			if got := shows(t, dir); got != "a/\na/b/" {
				t.Errorf("there is\n%s", got)
			}
		})
	}
}

func TestDamagedPartsAreNotUnpacked(t *testing.T) {
	dir := t.TempDir()
	_, err := Unpack(Reader(Parts{{1}}, func(proto.Hash) ([]byte, error) { return []byte("x"), nil }), filepath.Join(dir, "f"))
	if !errors.Is(err, ErrDamaged) || shows(t, dir) != "" {
		t.Errorf("the error is %v, and there is %q", err, shows(t, dir))
	}
}

// TestReceipts tells whether what was put is there.
func TestReceipts(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	from := tree(t, map[string]string{"d/x": "1", "d/s/y": "2", "d/l": "-> x"})
	for name, c := range map[string]struct {
		change func(dir string) error
		holds  bool
	}{
		"as it was put":    {func(string) error { return nil }, true},
		"with more":        {func(dir string) error { return os.WriteFile(filepath.Join(dir, "d/more"), nil, 0o644) }, true},
		"a file is gone":   {func(dir string) error { return os.Remove(filepath.Join(dir, "d/x")) }, false},
		"a file is longer": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "d/s/y"), []byte("22"), 0o644) }, false},
		"a link is another": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "d/l")), os.Symlink("s", filepath.Join(dir, "d/l")))
		}, false},
		"all is gone": {func(dir string) error { return os.RemoveAll(filepath.Join(dir, "d")) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			to := filepath.Join(dir, "d")
			p, err := Open(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			r, parts, err := bring(t, filepath.Join(from, "d"), to)
			if err != nil {
				t.Fatal(err)
			}
			p.Note(parts.ID(), r)
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			if _, holds := p.Holds(parts.ID()); holds != c.holds {
				t.Errorf("it holds: %v, want %v", holds, c.holds)
			}
			if _, holds := p.Holds(proto.Hash{1}); holds {
				t.Error("another holds")
			}
		})
	}
}

// TestOneProcessAtATimeTakesCare has a second one wait for the first.
func TestOneProcessAtATimeTakesCare(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	first, err := Open(t.Context(), "/somewhere")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan *Place)
	go func() {
		second, _ := Open(t.Context(), "/somewhere")
		done <- second
	}()
	other, err := Open(t.Context(), "/elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	select {
	case <-done:
		t.Error("the second does not wait")
	default:
	}
	first.Close()
	if second := <-done; second == nil {
		t.Error("the second gives up")
	} else {
		second.Close()
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct{ to, want string }{
		{"", "f"}, {"~", "f"}, {".", "f"}, {"g", "g"}, {"d/", "d/f"}, {"~/d/", "d/f"}, {"/x/y", "/x/y"}, {"/x/", "/x/f"}, {"a//b/../c", "a/c"},
	} {
		if got := Target(c.to, "f"); got != c.want {
			t.Errorf("f to %q goes to %q, want %q", c.to, got, c.want)
		}
	}
}
