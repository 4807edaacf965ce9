// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"unsafe"
)

type dish struct {
	name  string
	steps []int
	next  *dish
}

type cook interface{ make(d *dish) int }

type chef struct{ stock map[string]int }

type helper struct{ boss *chef }

func must(n int, err error) int {
	if err != nil {
		panic(err)
	}
	return n
}

func amount(d *dish) int { return must(strconv.Atoi(d.name + strconv.Itoa(os.Getpid()))) }

func minutes(d *dish) int {
	sum := 0
	for range d.steps {
		sum += must(strconv.Atoi("m" + strconv.Itoa(os.Getpid())))
	}
	return sum
}

func (c *chef) make(d *dish) int { c.stock[d.name]--; return len(d.name) }

func (h *helper) make(d *dish) int { return len(h.boss.stock) + 1 }

func cooked(c cook, d *dish) int { return c.make(d) * 2 }

func sorted(d *dish) int {
	sort.Slice(d.steps, func(a, b int) bool { return d.steps[a+os.Getpid()] < d.steps[b] })
	return d.steps[0]
}

func served(d *dish) int {
	var wait sync.WaitGroup
	wait.Add(1)
	go func() {
		defer wait.Done()
		d.next.name = "served"
	}()
	wait.Wait()
	return 0
}

func table(guests any) string { return guests.(fmt.Stringer).String() }

func closing(d *dish) (n int) {
	defer func() {
		recover()
		n = d.next.steps[0]
	}()
	return d.steps[os.Getpid()]
}

type list[T any] struct{ rows []T }

func (l *list[T]) last() T { return l.rows[len(l.rows)-1] }

func menu(d *dish) int { return len((&list[dish]{}).last().name) + len(d.name) }

func burnt(d *dish) int { return *(*int)(unsafe.Pointer(uintptr(len(d.steps) * 8))) }

func shared(d *dish) int { return 100 / (len(d.steps) - 2) }

func stirred(d *dish) int {
	stir := func(n int) int { return d.next.steps[n] }
	return stir(2)
}

func empty(d *dish) int {
	fmt.Fprintf(os.Stderr, "kitchen: order %d of table %d: out of %s\n", os.Getpid(), os.Getpid()%40, d.name)
	os.Exit(3)
	return 0
}

func work(way string) int {
	d := &dish{name: "soup", steps: []int{2, 1}}
	switch way {
	case "amount":
		return amount(d)
	case "minutes":
		return minutes(d)
	case "chef":
		return cooked(&chef{}, d)
	case "helper":
		return cooked(&helper{}, d)
	case "sorted":
		return sorted(d)
	case "served":
		return served(d)
	case "table":
		return len(table(d.steps))
	case "closing":
		return closing(d)
	case "menu":
		return menu(d)
	case "burnt":
		return burnt(d)
	case "shared":
		return shared(d)
	case "stirred":
		return stirred(d)
	case "empty":
		return empty(d)
	}
	return 0
}

func main() { os.Exit(work(os.Args[1]) & 127) }
