package main

import (
	"fmt"
	"strings"
)

type Query struct {
	table string
	conds []string
	limit int
}

func From(t string) *Query { return &Query{table: t} }

func (q *Query) Where(format string, args ...any) *Query {
	q.conds = append(q.conds, fmt.Sprintf(format, args...))
	return q
}

func (q *Query) Limit(n int) *Query { q.limit = n; return q }

func (q Query) SQL() string {
	s := "select * from " + q.table
	if len(q.conds) > 0 {
		s += " where " + strings.Join(q.conds, " and ")
	}
	if q.limit > 0 {
		s += fmt.Sprint(" limit ", q.limit)
	}
	return s
}

func main() {
	fmt.Println(From("t").SQL())
	fmt.Println(From("u").Where("a = %d", 1).Where("b like %q", "x%").Limit(5).SQL())
}
