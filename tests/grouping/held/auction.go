// SPDX-License-Identifier: Apache-2.0
// auction WAY: an auction house; a defect for each way.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"regexp"
	"runtime/debug"
	"sort"
	"sync"
)

type lot struct {
	number  int
	title   string
	seller  *person
	bids    []bid
	reserve func(*lot) int
}

type person struct {
	name  string
	limit int
}

type bid struct {
	by     *person
	amount int
}

type house struct {
	lots   map[string]*lot
	wins   map[int]int
	events chan string
	rules  *regexp.Regexp
}

type priced interface{ price() int }

func (l *lot) price() int { return l.bids[len(l.bids)-1].amount }

func (p *person) greet() string { return "dear " + p.name }

func highest(all []priced) int {
	most := 0
	for _, one := range all {
		if p := one.price(); p > most {
			most = p
		}
	}
	return most
}

func valued(h *house, l *lot) int {
	return highest([]priced{l, &lot{number: l.number + 1}})
}

func invite(l *lot) string {
	return l.seller.greet() + l.title
}

func invited(h *house, l *lot) int {
	l.seller = nil
	return len(invite(l))
}

func (h *house) find(title string) *lot { return h.lots[title] }

func (h *house) rename(title, to string) {
	h.find(title).title = to
}

func renamed(h *house, l *lot) int {
	h.rename(fmt.Sprintf("vase %d", l.number), "urn")
	return len(h.lots)
}

func (h *house) settle(l *lot, amount int) {
	h.wins[l.number] = amount
}

func settled(h *house, l *lot) int {
	h.settle(l, l.number*3)
	return len(h.wins)
}

func commission(amount, bidders int) int { return amount / bidders }

func charged(h *house, l *lot) int {
	sum := 0
	for n := l.number%5 + 1; n >= 0; n-- {
		sum += commission(l.number, n)
	}
	return sum
}

func detail(value any) string { return value.(fmt.Stringer).String() }

func described(h *house, l *lot) int {
	return len(detail(l.bids[0]))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func loadTerms(number int) []byte {
	data, err := os.ReadFile(fmt.Sprintf("/tmp/auction-%d/terms", number))
	must(err)
	return data
}

func termed(h *house, l *lot) int { return len(loadTerms(l.number)) }

func decodeBid(text string) (b struct{ Amount int }) {
	must(json.Unmarshal([]byte(text), &b))
	return b
}

func decoded(h *house, l *lot) int {
	return decodeBid(fmt.Sprintf(`{"amount": "%d"}`, l.number)).Amount
}

func (l *lot) hammer(amount int) int {
	if amount < l.reserve(l) {
		panic(fmt.Errorf("lot %d: %d is below its reserve: %w", l.number, amount, fs.ErrInvalid))
	}
	return amount
}

func unreserved(h *house, l *lot) int { return l.hammer(10) }

func reserved(h *house, l *lot) int {
	l.reserve = func(l *lot) int { return l.number + 100 }
	return l.hammer(l.number%50 + 1)
}

func watch(l *lot, done *sync.WaitGroup) {
	defer done.Done()
	limits := make([]int, l.number%6)
	for n := range l.title {
		limits[n] = n
	}
}

func watched(h *house, l *lot) int {
	var done sync.WaitGroup
	done.Add(1)
	l.title = "a long title"
	go watch(l, &done)
	done.Wait()
	return 0
}

func (h *house) announce(text string) { h.events <- text }

func announced(h *house, l *lot) int {
	close(h.events)
	h.announce(fmt.Sprint("lot ", l.number))
	return 0
}

func gather(answers chan int, n int) int {
	sum := 0
	for i := 0; i < n; i++ {
		sum += <-answers
	}
	return sum
}

func gathered(h *house, l *lot) int {
	answers := make(chan int, 4)
	answers <- l.number
	return gather(answers, 2)
}

func ranked(h *house, l *lot) int {
	bids := append(l.bids, bid{amount: l.number})
	sort.Slice(bids, func(a, b int) bool { return bids[a].by.limit < bids[b].by.limit })
	return bids[0].amount
}

func (h *house) page(l *lot, from int) []bid { return l.bids[from : from+1] }

func paged(h *house, l *lot) int { return len(h.page(l, l.number%7+1)) }

func (p *person) chain(others map[string]*person) int {
	var seen [64]int
	seen[p.limit%64] = others[p.name].chain(others)
	return seen[0]
}

func chained(h *house, l *lot) int {
	debug.SetMaxStack(1 << 20)
	others := map[string]*person{"ann": {"bob", l.number}, "bob": {"ann", 3}}
	return others["ann"].chain(others)
}

func (h *house) closing(l *lot) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			panic(fmt.Sprintf("closing of lot %d: %v", l.number, cause))
		}
	}()
	if l.number > 0 {
		panic(errors.New("the books are open"))
	}
	return nil
}

func booked(h *house, l *lot) int {
	if h.closing(l) != nil {
		return 1
	}
	return 0
}

func ruled(h *house, l *lot) int {
	h.rules = regexp.MustCompile(fmt.Sprintf("lot (%d", l.number))
	return h.rules.NumSubexp()
}

func licensed(h *house, l *lot) int {
	if len(h.wins) == 0 {
		log.Fatalf("auction: licence %d has ended", l.number)
	}
	return 0
}

var ways = map[string]func(*house, *lot) int{"valued": valued, "invited": invited, "renamed": renamed, "settled": settled,
	"charged": charged, "described": described, "termed": termed, "decoded": decoded, "unreserved": unreserved, "reserved": reserved,
	"watched": watched, "announced": announced, "gathered": gathered, "ranked": ranked, "paged": paged, "chained": chained,
	"booked": booked, "ruled": ruled, "licensed": licensed}

func main() {
	l := &lot{number: os.Getpid(), title: "clock", bids: []bid{{&person{"ann", 3}, 5}}}
	h := &house{lots: map[string]*lot{l.title: l}, events: make(chan string, 1)}
	if len(os.Args) > 1 && ways[os.Args[1]] != nil {
		fmt.Println(ways[os.Args[1]](h, l))
	}
}
