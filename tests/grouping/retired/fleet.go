// SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

type vehicle interface{ move(by int) int }

type truck struct{ trips map[int]int }

type bus struct{ stops []int }

func (t *truck) move(by int) int { t.trips[by] = os.Getpid(); return by }

func (b *bus) move(by int) int { return at(b.stops, by+os.Getpid()) }

func at[T any](list []T, n int) T { return list[n] }

func first[T any](list []T) []T { return list[len(list)+1:] }

func moved(v vehicle) int { return v.move(3) }

func kind(v any) int { return v.(*bus).stops[0] }

func shielded(n int) (r int) {
	defer func() {
		if e := recover(); e != nil {
			panic(fmt.Errorf("trip %d: %v", os.Getpid(), e))
		}
	}()
	return 10 / (n - n)
}

func closed() int {
	c := make(chan int)
	close(c)
	c <- os.Getpid()
	return 1
}

func asleep() int {
	var m sync.Mutex
	m.Lock()
	m.Lock()
	return 1
}

func failed() int { panic(errors.New(fmt.Sprintf("depot 0x%x is full", os.Getpid()))) }

func pooled() int {
	var wait sync.WaitGroup
	jobs := make(chan vehicle, 1)
	for n := 0; n < 2; n++ {
		wait.Add(1)
		go func() {
			for v := range jobs {
				v.move(2)
			}
			wait.Done()
		}()
	}
	jobs <- (*bus)(nil)
	close(jobs)
	wait.Wait()
	return 0
}

func drive(way string) int {
	switch way {
	case "truck":
		return moved(&truck{})
	case "bus":
		return moved(&bus{})
	case "kind":
		return kind(&truck{})
	case "sliced":
		return len(first([]string{"a"}))
	case "shielded":
		return shielded(4)
	case "closed":
		return closed()
	case "asleep":
		return asleep()
	case "failed":
		return failed()
	case "pooled":
		return pooled()
	}
	return 0
}

func main() { os.Exit(drive(os.Args[1])) }
