package main

import (
	"fmt"
	"time"
)

type Span struct{ from, to time.Time }

func (s Span) Len() time.Duration { return s.to.Sub(s.from) }

func main() {
	t := time.Date(2024, time.February, 28, 23, 30, 0, 0, time.UTC)
	u := t.Add(90 * time.Minute)
	fmt.Println(u, u.Weekday(), u.YearDay(), t.Before(u))
	fmt.Println(Span{t, u.AddDate(0, 1, 0)}.Len(), u.Format(time.RFC1123), u.Format("2006/01/02 15h04"))
	p, err := time.Parse("Jan 2 2006", "Mar 4 2021")
	fmt.Println(p, err)
	_, err = time.Parse(time.RFC3339, "nope")
	fmt.Println(err)
	d, _ := time.ParseDuration("1h15m30.5s")
	fmt.Println(d, d.Minutes(), d.Round(time.Minute), d.Truncate(time.Hour))
	fmt.Println(time.Unix(0, 0).UTC(), t.Month() == 2, t.Equal(t.In(time.FixedZone("X", 3600))), t.In(time.FixedZone("X", 3600)))
	var zero time.Time
	fmt.Println(zero.IsZero(), t.Truncate(24*time.Hour).Hour())
	y, w := t.ISOWeek()
	fmt.Println(y, w, time.Duration(1234567), 2*time.Second+3*time.Millisecond)
}
