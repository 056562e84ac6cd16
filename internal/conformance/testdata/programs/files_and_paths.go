package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func lines(name string) (n int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, fmt.Errorf("lines: %w", err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		n++
	}
	return n, nil
}

func main() {
	dir, err := os.MkdirTemp("", "conf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "a", "b.txt")
	fmt.Println(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte("1\n2\n3\n"), 0o644))
	fmt.Println(lines(name))
	_, err = lines(filepath.Join(dir, "none"))
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, p)
		fmt.Println(rel, d.IsDir())
		return err
	})
	fmt.Println(filepath.Base(name), filepath.Ext(name), filepath.Clean("a/../b//c"))
}
