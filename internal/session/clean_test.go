package session

import (
	"reflect"
	"testing"
	"time"
)

func TestCleaningValuesThatContainThemselves(t *testing.T) {
	list := make([]any, 3)
	for i := range list {
		list[i] = list
	}
	table := map[string]any{}
	table["a"], table["b"] = table, list
	done := make(chan []any)
	go func() { done <- clean([]any{list, table, 5}) }()
	select {
	case got := <-done:
		if len(got) != 3 || reflect.ValueOf(got[0]).Pointer() != reflect.ValueOf(list).Pointer() {
			t.Errorf("got %d values", len(got))
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it has no end")
	}
}
