// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"
)

type order struct{ lines []int }

func last(o *order) int { return o.lines[len(o.lines)+os.Getpid()] }

func customer(o *order) int { return *(*int)(nil) + len(o.lines) }

func parse[T any](o *order, v T) T {
	if len(o.lines) == 0 {
		panic(fmt.Sprintf("order %d of /tmp/o.%x has no lines", os.Getpid(), os.Getpid()))
	}
	return v
}

func serve(way string) int {
	o := &order{}
	switch way {
	case "last":
		return last(o)
	case "customer":
		return customer(o)
	case "parse":
		return parse(o, 1)
	case "write":
		var m map[string]int
		m[way] = 1
	case "routine":
		done := make(chan int)
		go func() { done <- last(o) }()
		return <-done
	}
	return 0
}

func main() { os.Exit(serve(os.Args[1])) }
