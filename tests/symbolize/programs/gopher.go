// SPDX-License-Identifier: Apache-2.0

// Go: ends by a nil pointer under GOTRACEBACK=crash.
package main

import "sort"

type item struct{ price *int }

//go:noinline
func (i *item) cost() int { return *i.price }

//go:noinline
func walk(n int, items []item) int {
	if n > 0 {
		return walk(n-1, items) + 1
	}
	sort.Slice(items, func(a, b int) bool { return items[a].cost() < items[b].cost() })
	return 0
}

func main() {
	println(walk(10, make([]item, 3)))
}
