package main

import (
	"fmt"
	"sort"
	"strings"
)

type byLen []string

func (b byLen) Len() int           { return len(b) }
func (b byLen) Less(i, j int) bool { return len(b[i]) < len(b[j]) }
func (b byLen) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

type table struct {
	rows [][]int
	col  int
}

func (t *table) Len() int           { return len(t.rows) }
func (t *table) Less(i, j int) bool { return t.rows[i][t.col] < t.rows[j][t.col] }
func (t *table) Swap(i, j int)      { t.rows[i], t.rows[j] = t.rows[j], t.rows[i] }

func main() {
	w := byLen(strings.Fields("the quick brown fox jumped over a lazy dog"))
	sort.Stable(w)
	fmt.Println(w)
	t := &table{[][]int{{3, 1}, {1, 2}, {2, 0}}, 0}
	sort.Sort(t)
	fmt.Println(t.rows)
	t.col = 1
	sort.Sort(sort.Reverse(t))
	fmt.Println(t.rows, sort.IsSorted(t))
	people := []struct {
		Name string
		Age  int
	}{{"A", 30}, {"B", 20}, {"C", 30}}
	sort.SliceStable(people, func(i, j int) bool { return people[i].Age < people[j].Age })
	fmt.Println(people)
	xs := []int{1, 3, 5, 7}
	fmt.Println(sort.SearchInts(xs, 5), sort.Search(len(xs), func(i int) bool { return xs[i] > 3 }))
	ss := sort.StringSlice{"b", "a"}
	ss.Sort()
	fmt.Println(ss)
}
