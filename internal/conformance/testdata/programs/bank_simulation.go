package main

import (
	"errors"
	"fmt"
	"sort"
	"sync"
)

var ErrFunds = errors.New("insufficient funds")

type Account struct {
	mu      sync.Mutex
	id      string
	balance int
	log     []string
}

type Bank struct{ accounts map[string]*Account }

func (a *Account) add(n int, why string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.balance+n < 0 {
		return fmt.Errorf("%s: %w (has %d, needs %d)", a.id, ErrFunds, a.balance, -n)
	}
	a.balance += n
	a.log = append(a.log, fmt.Sprintf("%+d %s", n, why))
	return nil
}

func (b *Bank) Transfer(from, to string, n int) error {
	src, ok := b.accounts[from]
	if !ok {
		return fmt.Errorf("no account %q", from)
	}
	if err := src.add(-n, "to "+to); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	return b.accounts[to].add(n, "from "+from)
}

func main() {
	b := &Bank{map[string]*Account{}}
	for _, id := range []string{"a", "b", "c"} {
		b.accounts[id] = &Account{id: id, balance: 100}
	}
	fmt.Println(b.Transfer("a", "b", 30), b.Transfer("x", "a", 1))
	err := b.Transfer("a", "c", 500)
	fmt.Println(err, errors.Is(err, ErrFunds))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ids := []string{"a", "b", "c"}
			_ = b.Transfer(ids[i%3], ids[(i+1)%3], 1)
		}()
	}
	wg.Wait()
	total := 0
	var ids []string
	for id, a := range b.accounts {
		total += a.balance
		ids = append(ids, id)
	}
	sort.Strings(ids)
	fmt.Println(total, ids, b.accounts["b"].log[0])
}
