package main

import (
	"cmp"
	"fmt"
	"slices"
)

type Version struct{ Major, Minor int }

func (v Version) Compare(o Version) int {
	return cmp.Or(cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor))
}

func main() {
	vs := []Version{{1, 2}, {0, 9}, {1, 0}}
	slices.SortFunc(vs, Version.Compare)
	fmt.Println(vs)
	fmt.Println(cmp.Compare("a", "b"), cmp.Less(2, 1), cmp.Or("", "x", "y"), cmp.Or(0, 0))
	fmt.Println(slices.MinFunc(vs, Version.Compare), slices.IsSortedFunc(vs, Version.Compare))
	at, ok := slices.BinarySearchFunc(vs, Version{1, 0}, Version.Compare)
	fmt.Println(at, ok)
}
