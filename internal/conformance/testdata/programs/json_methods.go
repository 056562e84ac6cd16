package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

type Level int

func (l Level) MarshalText() ([]byte, error) { return []byte([]string{"low", "high"}[l]), nil }
func (l *Level) UnmarshalText(b []byte) error {
	switch string(b) {
	case "low":
		*l = 0
	case "high":
		*l = 1
	default:
		return fmt.Errorf("bad level %q", b)
	}
	return nil
}

type Stamp struct{ t time.Time }

func (s Stamp) MarshalJSON() ([]byte, error) { return json.Marshal(s.t.Format(time.DateOnly)) }
func (s *Stamp) UnmarshalJSON(b []byte) (err error) {
	s.t, err = time.Parse(`"`+time.DateOnly+`"`, string(b))
	return err
}

type Base struct {
	ID int `json:"id"`
}

type Event struct {
	Base
	At     Stamp           `json:"at"`
	Levels []Level         `json:"levels"`
	By     map[Level]int   `json:"by"`
	Raw    json.RawMessage `json:"raw"`
}

func main() {
	e := Event{Base{4}, Stamp{time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)}, []Level{0, 1}, map[Level]int{1: 5}, json.RawMessage(`{"q":1}`)}
	b, err := json.Marshal(e)
	fmt.Println(string(b), err)
	var f Event
	err = json.Unmarshal(b, &f)
	fmt.Println(f.ID, f.At.t.Year(), f.Levels, f.By[1], string(f.Raw), err)
	err = json.NewDecoder(strings.NewReader(`{"levels":["mid"]}`)).Decode(&f)
	fmt.Println(err)
	b, _ = json.Marshal([]any{Level(1), &Stamp{}, Base{1}})
	fmt.Println(string(b))
}
